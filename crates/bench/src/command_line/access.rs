//! Which server, and how the driver gets in.

use std::path::PathBuf;

use clap::Args;

use crate::assertion::Signer;
use crate::failure::{Failure, Result};
use crate::process::Watched;

/// The server under test.
#[derive(Debug, Clone, Args)]
pub struct Server {
    /// The base URL of the server.
    #[arg(long, visible_alias = "server", default_value = "http://localhost:8080")]
    pub url: String,
    /// How the driver gets in.
    #[command(flatten)]
    pub access: Access,
    /// Processes whose CPU time and memory are reported, with all their children, such as `server=4711` or `database=4712`;
    /// may be repeated.
    #[arg(long = "pid", value_name = "NAME=PID")]
    pub pids: Vec<Watched>,
}

/// How the driver gets in: as an administrator, or as a user of the System API.
#[derive(Debug, Clone, Args)]
pub struct Access {
    /// An administrator's personal access token.
    #[arg(long, env = "CASTELLAN_BENCH_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// A file with that token.
    #[arg(long, conflicts_with = "token")]
    pub token_file: Option<PathBuf>,
    /// A file with the private RSA key (PEM) of a system user. Each scenario gets an instance of its own, which is made with
    /// the System API and removed afterwards.
    #[arg(long, conflicts_with_all = ["token", "token_file"])]
    pub key_file: Option<PathBuf>,
    /// The name of that system user.
    #[arg(long, requires = "key_file", default_value = "superuser")]
    pub system_user: String,
}

/// What the driver gets in with.
pub enum Entry {
    /// An administrator's token.
    Token(String),
    /// The key of a system user.
    SystemUser(Signer),
}

impl Access {
    /// With a token in a file.
    pub fn of_file(file: PathBuf) -> Self {
        Self { token: None, token_file: Some(file), key_file: None, system_user: String::new() }
    }

    /// Reads what is in the files.
    ///
    /// # Errors
    /// When there is nothing to get in with, or it cannot be read.
    pub fn entry(&self) -> Result<Entry> {
        let read = |file: &PathBuf| {
            let text = std::fs::read_to_string(file);
            text.map_err(|cause| Failure::of(&format!("the file {} cannot be read", file.display()), cause))
        };
        if let Some(file) = &self.key_file {
            return Signer::from_pem(&read(file)?, &self.system_user, &self.system_user).map(Entry::SystemUser);
        }
        match (&self.token, &self.token_file) {
            (Some(token), _) => Ok(Entry::Token(token.clone())),
            (None, Some(file)) => read(file).map(|token| Entry::Token(token.trim().to_owned())),
            (None, None) => Err(Failure::new(
                "give an administrator's personal access token with --token-file FILE or in CASTELLAN_BENCH_TOKEN, \
                 or the key of a system user with --key-file FILE",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_way_in_the_ways_are_told() {
        let nothing = Access { token: None, token_file: None, key_file: None, system_user: String::new() };
        let failure = nothing.entry().err().unwrap().to_string();
        assert!(failure.contains("--token-file") && failure.contains("--key-file"), "{failure}");
    }

    #[test]
    fn a_token_is_read_without_the_end_of_its_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "token\n").unwrap();
        let Ok(Entry::Token(token)) = Access::of_file(file.path().to_owned()).entry() else { panic!("no token") };
        assert_eq!(token, "token");
    }
}
