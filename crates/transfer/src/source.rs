//! Where organizations to import come from. They are read several times, one after the other, so that a large file never stands in
//! memory as a whole.

use std::borrow::Cow;
use std::path::PathBuf;

use castellan_kernel::Result;
use castellan_proto::zitadel::admin::v1::DataOrg;

use crate::json_file::OrgReader;

/// Organizations to import.
#[derive(Debug)]
pub struct Source(Kind);

#[derive(Debug)]
enum Kind {
    Inline(Vec<DataOrg>),
    File(PathBuf),
}

impl Source {
    /// Organizations of a request.
    pub fn inline(orgs: Vec<DataOrg>) -> Self {
        Self(Kind::Inline(orgs))
    }

    /// A JSON file: `{"orgs": […]}` as an export writes it, or a request of ImportData.
    pub fn file(path: PathBuf) -> Self {
        Self(Kind::File(path))
    }

    /// Begins to read from the start.
    ///
    /// # Errors
    /// A text that says why the file cannot be opened.
    pub(crate) async fn open(&self) -> Result<Reading<'_>> {
        Ok(match &self.0 {
            Kind::Inline(orgs) => Reading::Inline(orgs.iter()),
            Kind::File(path) => Reading::File(Box::new(OrgReader::open(path).await?)),
        })
    }
}

/// A run through the organizations.
pub(crate) enum Reading<'a> {
    Inline(std::slice::Iter<'a, DataOrg>),
    File(Box<OrgReader>),
}

/// An organization as it was read.
pub(crate) struct Read<'a> {
    pub org: Cow<'a, DataOrg>,
    /// Members of a file's organization that the format does not know.
    pub unknown: Vec<String>,
    /// The first field rule of the contract that it breaks; requests were checked at the door.
    pub broken: Option<String>,
}

impl<'a> Reading<'a> {
    /// The next organization; `None` at the end.
    ///
    /// # Errors
    /// A text that says where a file is no such JSON.
    pub(crate) async fn next(&mut self) -> Result<Option<Read<'a>>> {
        match self {
            Self::Inline(orgs) => {
                Ok(orgs.next().map(|org| Read { org: Cow::Borrowed(org), unknown: Vec::new(), broken: None }))
            }
            Self::File(reader) => reader.next().await,
        }
    }
}
