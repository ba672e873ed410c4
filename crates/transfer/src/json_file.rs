//! Files of organizations: one JSON object with the list `orgs`, read and written one organization at a time.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use castellan_kernel::{Error, Kind, Result};
use castellan_proto::zitadel::admin::v1::DataOrg;
use castellan_proto::zitadel::v1::v1::DataOrg as OlderOrg;
use castellan_rpc::descriptor::{Contract, MessageTable};
use castellan_rpc::{json, validate};
use prost::Message;
use serde::de::IgnoredAny;
use tokio::io::AsyncReadExt;

use crate::older;
use crate::source::Read;

mod splitter;

use splitter::Splitter;

const CHUNK: usize = 256 * 1024;

/// Members that only the older form of an organization has.
const FORMER: [&str; 7] =
    ["iamPolicy", "iam_policy", "secondFactors", "second_factors", "multiFactors", "multi_factors", "idps"];

fn table(name: &'static str) -> Result<&'static MessageTable> {
    Contract::get().message(name).ok_or_else(|| Error::internal(format!("the contract has no message {name}")))
}

fn unusable(path: &Path, what: impl std::fmt::Display) -> Error {
    Error::bare(Kind::InvalidArgument, format!("{}: {what}", path.display()))
}

/// Reads a file organization by organization.
#[derive(Debug)]
pub(crate) struct OrgReader {
    path: PathBuf,
    file: tokio::fs::File,
    splitter: Splitter,
    read: u64,
}

impl OrgReader {
    pub(crate) async fn open(path: &Path) -> Result<Self> {
        let file = tokio::fs::File::open(path)
            .await
            .map_err(|cause| unusable(path, format!("the file cannot be read ({cause})")))?;
        Ok(Self { path: path.to_owned(), file, splitter: Splitter::default(), read: 0 })
    }

    pub(crate) async fn next<'a>(&mut self) -> Result<Option<Read<'a>>> {
        loop {
            if let Some(json) = self.splitter.next().map_err(|what| unusable(&self.path, what))? {
                self.read += 1;
                return read_org(&json)
                    .map(Some)
                    .map_err(|what| unusable(&self.path, format!("organization {} of the list: {what}", self.read)));
            }
            if self.splitter.is_finished() {
                return Ok(None);
            }
            let mut chunk = vec![0; CHUNK];
            let size = self.file.read(&mut chunk).await.map_err(|cause| unusable(&self.path, cause))?;
            if size == 0 {
                return Err(unusable(&self.path, self.splitter.why_unfinished()));
            }
            self.splitter.push(&chunk[..size]);
        }
    }
}

/// An organization from its JSON, in today's form or the older one; they differ in a few members.
pub(crate) fn read_org<'a>(text: &[u8]) -> std::result::Result<Read<'a>, String> {
    let table = |name| table(name).map_err(|error| error.to_string());
    let today = table("zitadel.admin.v1.DataOrg")?;
    let members: BTreeMap<String, IgnoredAny> = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let wire = json::decode(today, text).map_err(|error| error.to_string())?;
    let broken = validate::validate(today, &wire).err().map(|violation| violation.to_string());
    let mut org = DataOrg::decode(wire.as_slice()).map_err(|error| error.to_string())?;
    if FORMER.iter().any(|name| members.contains_key(*name)) {
        let wire = json::decode(table("zitadel.v1.v1.DataOrg")?, text).map_err(|error| error.to_string())?;
        let mut older = OlderOrg::decode(wire.as_slice()).map_err(|error| error.to_string())?;
        org.login_policy = older::login_policy(&mut older);
        org.domain_policy = org.domain_policy.or(older.iam_policy.map(older::domain_policy));
    }
    let known = |name: &str| {
        FORMER.contains(&name) || today.fields.iter().any(|field| field.json_name == name || field.proto_name == name)
    };
    let unknown = members.into_keys().filter(|name| !known(name)).collect();
    Ok(Read { org: Cow::Owned(org), unknown, broken })
}

/// Writes organizations into a file that only its owner may read. The name stands once everything is on disk: what an
/// interrupted export leaves has the ending `.part`.
#[derive(Debug)]
pub(crate) struct OrgWriter {
    path: PathBuf,
    part: PathBuf,
    output: Orgs<BufWriter<File>>,
}

impl OrgWriter {
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&part).map_err(|cause| unwritable(&part, &cause))?;
        let output = Orgs::begin(BufWriter::new(file)).map_err(|cause| unwritable(&part, &cause))?;
        Ok(Self { path: path.to_owned(), part, output })
    }

    pub(crate) fn write(&mut self, org: &DataOrg) -> Result<()> {
        let text = org_json(org)?;
        self.output.add(&text).map_err(|cause| unwritable(&self.part, &cause))
    }

    pub(crate) fn finish(self) -> Result<()> {
        let finish = || -> std::io::Result<()> {
            let file = self.output.end()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            file.sync_all()?;
            std::fs::rename(&self.part, &self.path)
        };
        finish().map_err(|cause| unwritable(&self.path, &cause))
    }
}

fn unwritable(path: &Path, cause: &std::io::Error) -> Error {
    Error::bare(Kind::FailedPrecondition, format!("{} cannot be written ({cause})", path.display()))
}

/// The JSON of an organization.
pub(crate) fn org_json(org: &DataOrg) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    json::encode(table("zitadel.admin.v1.DataOrg")?, &org.encode_to_vec(), &mut text).map_err(Error::internal)?;
    Ok(text)
}

/// The list, one organization a line.
#[derive(Debug)]
pub(crate) struct Orgs<W> {
    output: W,
    is_first: bool,
}

impl<W: Write> Orgs<W> {
    pub(crate) fn begin(mut output: W) -> std::io::Result<Self> {
        output.write_all(b"{\"orgs\":[")?;
        Ok(Self { output, is_first: true })
    }

    pub(crate) fn add(&mut self, text: &[u8]) -> std::io::Result<()> {
        self.output.write_all(if self.is_first { b"\n" } else { b",\n" })?;
        self.is_first = false;
        self.output.write_all(text)
    }

    pub(crate) fn end(mut self) -> std::io::Result<W> {
        self.output.write_all(b"\n]}\n")?;
        self.output.flush()?;
        Ok(self.output)
    }
}
