//! What each of IAM's operations needs: the action of its name, on the ARN of what it names.
//!
//! Source: AWS "Service Authorization Reference: Actions, resources, and condition keys for AWS Identity and Access
//! Management". An ARN holds the path, which the input does not say: it is looked up, and so are the tags and the
//! boundary of what is there already, which conditions ask for.

mod named;
mod operations;
