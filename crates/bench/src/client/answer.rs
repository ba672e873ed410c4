//! What a server answered.

use super::Trouble;

/// An answer, read to its end. It lives in the connection's buffer until the next request.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The gRPC status, where there is one.
    pub grpc_status: Option<u32>,
    /// The body.
    pub body: &'a [u8],
}

impl<'a> Answer<'a> {
    /// Whether the request was done: status 2xx and, for gRPC, status 0.
    ///
    /// # Errors
    /// [`Trouble::Refused`] with the status.
    pub fn check(&self) -> Result<(), Trouble> {
        if self.status == 501 || self.grpc_status == Some(12) {
            return Err(Trouble::Refused("not served by this server (UNIMPLEMENTED)".to_owned()));
        }
        if !(200..300).contains(&self.status) {
            return Err(Trouble::Refused(format!("status {}", self.status)));
        }
        match self.grpc_status {
            None | Some(0) => Ok(()),
            Some(status) => Err(Trouble::Refused(format!("gRPC status {status}"))),
        }
    }

    /// The first text field of this name, at any depth. It is found by looking for the name, because reading all of the JSON
    /// would cost the driver more than sending the request did.
    pub fn text(&self, field: &str) -> Option<&'a str> {
        let mut rest = self.body;
        loop {
            let at = memchr::memmem::find(rest, field.as_bytes())?;
            let is_name = at > 0 && rest[at - 1] == b'"';
            let after = &rest[at + field.len()..];
            rest = after;
            let Some(after) = after.strip_prefix(b"\"").filter(|_| is_name) else { continue };
            let Some(after) = after.trim_ascii_start().strip_prefix(b":") else { continue };
            let Some(value) = after.trim_ascii_start().strip_prefix(b"\"") else { continue };
            let value = &value[..memchr::memchr(b'"', value)?];
            return std::str::from_utf8(value).ok().filter(|value| !value.contains('\\'));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, grpc_status: Option<u32>, body: &str) -> Answer<'_> {
        Answer { status, grpc_status, body: body.as_bytes() }
    }

    #[test]
    fn only_success_is_good() {
        assert_eq!(answer(200, None, "").check(), Ok(()));
        assert_eq!(answer(200, Some(0), "").check(), Ok(()));
        assert_eq!(answer(429, None, "").check(), Err(Trouble::Refused("status 429".to_owned())));
        assert_eq!(answer(200, Some(7), "").check(), Err(Trouble::Refused("gRPC status 7".to_owned())));
    }

    #[test]
    fn a_server_that_does_not_know_the_method_is_told_apart() {
        for unknown in [answer(501, None, ""), answer(200, Some(12), "")] {
            assert!(unknown.check().unwrap_err().to_string().contains("UNIMPLEMENTED"));
        }
    }

    #[test]
    fn a_field_is_found_by_its_name_and_not_by_a_value_that_looks_like_it() {
        let body = r#"{"note":"access_token","my_access_token":"no","access_token" : "yes", "id":7}"#;
        assert_eq!(answer(200, None, body).text("access_token"), Some("yes"));
        assert_eq!(answer(200, None, body).text("id"), None);
        assert_eq!(answer(200, None, r#"{"a":"with \" inside"}"#).text("a"), None);
        assert_eq!(answer(200, None, r#"{"a":"cut"#).text("a"), None);
    }
}
