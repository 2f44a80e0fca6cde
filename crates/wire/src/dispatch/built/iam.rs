//! The operations of IAM that are built.

super::built! {
    iam, serve_form, FormExchange;
}
