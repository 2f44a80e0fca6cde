//! Form uploads.

use wire::ServerOptions;

use crate::house::start;
use crate::raw::{Answer, Client};

async fn post(client: &mut Client, fields: &[(&str, &str)], file: Option<&str>) -> Answer {
    let mut form = String::new();
    for (name, value) in fields {
        form.push_str(&format!("--xx\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    if let Some(file) = file {
        form.push_str(&format!(
            "--xx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"photo.jpg\"\r\n\
             Content-Type: image/jpeg\r\n\r\n{file}\r\n"
        ));
    }
    form.push_str("--xx--\r\n");
    let head = "POST /b HTTP/1.1\r\nHost: h:9000\r\nContent-Type: multipart/form-data; boundary=xx\r\n";
    client.call(format!("{head}Content-Length: {}\r\n\r\n{form}", form.len())).await
}

#[tokio::test]
async fn a_form_stores_its_file_and_answers_as_it_asked() {
    let running = start(ServerOptions::default(), None);
    let mut client = Client::connect(running.address).await;
    let fields = [("key", "in/${filename}"), ("x-amz-meta-by", "me"), ("success_action_status", "201")];
    let answer = post(&mut client, &fields, Some("bytes")).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("location"), Some("http://h:9000/b/in/photo.jpg"));
    assert!(answer.text().contains("<Bucket>b</Bucket><Key>in/photo.jpg</Key><ETag>&quot;etag&quot;</ETag>"));
    let none = post(&mut client, &fields[..1], Some("bytes")).await;
    assert_eq!((none.status, none.header("etag")), (204, Some("\"etag\"")));
    let objects = running.house.objects.lock().unwrap();
    let (input, bytes) = &objects["in/photo.jpg"];
    assert_eq!((bytes.as_ref(), input.content_type.as_deref()), (&b"bytes"[..], Some("image/jpeg")));
}

#[tokio::test]
async fn forms_that_are_denied_too_small_too_large_or_without_a_file_store_nothing() {
    let running = start(ServerOptions::default(), None);
    let table = [
        (vec![("key", "k"), ("deny", "1")], Some("bytes".to_owned()), 403, "AccessDenied"),
        (vec![("key", "k")], Some("1".to_owned()), 400, "EntityTooSmall"),
        (vec![("key", "k")], Some("1".repeat(2000)), 400, "EntityTooLarge"),
        (vec![("key", "k")], None, 400, "IncorrectNumberOfFilesInPostRequest"),
        (vec![("acl", "private")], Some("bytes".to_owned()), 400, "InvalidArgument"),
    ];
    for (fields, file, status, code) in table {
        let mut client = Client::connect(running.address).await;
        let answer = post(&mut client, &fields, file.as_deref()).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
    }
    assert!(running.house.objects.lock().unwrap().is_empty());
}
