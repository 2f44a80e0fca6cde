//! What a form upload answers: 204, or as the form asked, 200, 201 with a body, or a redirect.

use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::fields::Fields;
use crate::request::encode_form_value;
use crate::respond::{Answer, AnswerBody, push_element};

/// What was stored, and where it can be read.
pub(crate) struct Stored<'a> {
    pub bucket: &'a str,
    pub key: &'a str,
    /// With its quotes.
    pub etag: &'a str,
    /// `http://host/bucket/key`
    pub location: String,
}

/// `headers`: those of the PutObject that was done.
pub(crate) fn success_answer(fields: &Fields, stored: &Stored<'_>, mut headers: HeaderMap) -> Answer {
    let redirect = fields.get("success_action_redirect").or_else(|| fields.get("redirect"));
    if let Some(to) = redirect.filter(|to| to.starts_with("http://") || to.starts_with("https://"))
        && let Ok(location) = HeaderValue::from_str(&redirect_to(to, stored))
    {
        headers.insert(header::LOCATION, location);
        return Answer { status: StatusCode::SEE_OTHER, headers, body: AnswerBody::empty() };
    }
    if let Ok(location) = HeaderValue::from_str(&stored.location) {
        headers.insert(header::LOCATION, location);
    }
    let (status, body) = match fields.get("success_action_status") {
        Some("200") => (StatusCode::OK, AnswerBody::empty()),
        Some("201") => {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
            (StatusCode::CREATED, AnswerBody::whole(created_xml(stored).into()))
        }
        _ => (StatusCode::NO_CONTENT, AnswerBody::empty()),
    };
    Answer { status, headers, body }
}

fn redirect_to(to: &str, stored: &Stored<'_>) -> String {
    let joint = if to.contains('?') { '&' } else { '?' };
    let [bucket, key, etag] = [stored.bucket, stored.key, stored.etag].map(encode_form_value);
    format!("{to}{joint}bucket={bucket}&key={key}&etag={etag}")
}

fn created_xml(stored: &Stored<'_>) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse>");
    push_element(&mut xml, "Location", &stored.location);
    push_element(&mut xml, "Bucket", stored.bucket);
    push_element(&mut xml, "Key", stored.key);
    push_element(&mut xml, "ETag", stored.etag);
    xml.push_str("</PostResponse>");
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(fields: &[(&str, &str)]) -> (u16, String) {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let fields = Fields::new(fields.collect(), None);
        let location = "http://h/b/a%20b".to_owned();
        let stored = Stored { bucket: "b", key: "a b", etag: "\"e\"", location };
        let answer = success_answer(&fields, &stored, HeaderMap::new());
        let location = answer.headers[header::LOCATION].to_str().unwrap().to_owned();
        (answer.status.as_u16(), location)
    }

    #[test]
    fn a_form_chooses_what_its_success_looks_like() {
        let plain = "http://h/b/a%20b".to_owned();
        assert_eq!(answer(&[]), (204, plain.clone()));
        assert_eq!(answer(&[("success_action_status", "200")]), (200, plain.clone()));
        assert_eq!(answer(&[("success_action_status", "201")]), (201, plain.clone()));
        assert_eq!(answer(&[("success_action_status", "999")]), (204, plain.clone()));
        assert_eq!(answer(&[("success_action_redirect", "not a url")]), (204, plain));
        let query = "bucket=b&key=a%20b&etag=%22e%22";
        assert_eq!(answer(&[("redirect", "http://r/")]), (303, format!("http://r/?{query}")));
        let both = [("success_action_redirect", "https://r/?x=1"), ("success_action_status", "201")];
        assert_eq!(answer(&both), (303, format!("https://r/?x=1&{query}")));
    }

    #[test]
    fn the_created_body_names_what_was_stored() {
        let stored =
            Stored { bucket: "b", key: "a&b", etag: "\"e\"", location: "http://h/b/a%26b".to_owned() };
        assert!(created_xml(&stored).ends_with(
            "<PostResponse><Location>http://h/b/a%26b</Location><Bucket>b</Bucket><Key>a&amp;b</Key>\
             <ETag>&quot;e&quot;</ETag></PostResponse>"
        ));
    }
}
