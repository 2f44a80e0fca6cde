//! Files without a name: for rows as they come, and for the bodies that are still to be fetched. There may be many millions.

use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, BufWriter, Read, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use api::{ByteSource, ErrorCode, S3Error};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use world::{OsRandom, Random as _};

use crate::body::BodyId;
use crate::fault::Fault;

const RUN_BYTES: usize = 256 * 1024;

/// What a stream held, to be read again.
pub(crate) struct Stream(File);

pub(crate) struct Spool {
    file: BufWriter<File>,
    count: u64,
}

/// The other end of it.
pub(crate) struct Waiting {
    file: BufReader<File>,
    left: u64,
}

pub(crate) struct Body {
    pub id: BodyId,
    /// Of its row.
    pub key: Bytes,
    pub places: Bytes,
    /// The first piece that was not on the shelf.
    pub from_piece: u64,
}

fn nameless(dir: &Path) -> Result<File, Fault> {
    let path = dir.join(format!("strongroom-backup-{:032x}", OsRandom.u128()));
    let open = || {
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        fs::remove_file(&path)?;
        Ok(file)
    };
    open().map_err(Fault::io(format!("opening {}", path.display())))
}

impl Stream {
    pub fn new(dir: &Path) -> Result<Self, Fault> {
        nameless(dir).map(Self)
    }

    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.0.write_all(bytes).map_err(spooling())
    }

    pub fn rewind(mut self) -> Result<Self, Fault> {
        self.0.rewind().map_err(spooling())?;
        Ok(self)
    }
}

#[async_trait]
impl ByteSource for Stream {
    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        let mut run = BytesMut::zeroed(RUN_BYTES);
        let read = self.0.read(&mut run);
        let read =
            read.map_err(|error| S3Error::with_message(ErrorCode::InternalError, error.to_string()))?;
        run.truncate(read);
        Ok((read > 0).then(|| run.freeze()))
    }
}

impl Spool {
    pub fn new(dir: &Path) -> Result<Self, Fault> {
        Ok(Self { file: BufWriter::new(nameless(dir)?), count: 0 })
    }

    pub fn push(&mut self, body: &Body) -> Result<(), Fault> {
        let mut head = body.id.id().to_vec();
        for number in [body.id.length, body.from_piece, body.key.len() as u64, body.places.len() as u64] {
            head.extend_from_slice(&number.to_be_bytes());
        }
        self.count += 1;
        let mut write = |bytes: &[u8]| self.file.write_all(bytes);
        write(&head).and_then(|()| write(&body.key)).and_then(|()| write(&body.places)).map_err(spooling())
    }

    pub fn rewind(self) -> Result<Waiting, Fault> {
        let mut file = self.file.into_inner().map_err(|error| error.into_error()).map_err(spooling())?;
        file.rewind().map_err(spooling())?;
        Ok(Waiting { file: BufReader::new(file), left: self.count })
    }
}

impl Waiting {
    pub fn next(&mut self) -> Result<Option<Body>, Fault> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.read().map(Some).map_err(spooling())
    }

    fn read(&mut self) -> std::io::Result<Body> {
        let mut id = [0; 32];
        self.file.read_exact(&mut id)?;
        let (length, from_piece) = (self.number()?, self.number()?);
        let (key, places) = (self.number()?, self.number()?);
        let mut bytes = |length: u64| -> std::io::Result<Bytes> {
            let mut bytes = vec![0; length as usize];
            self.file.read_exact(&mut bytes)?;
            Ok(bytes.into())
        };
        let (key, places) = (bytes(key)?, bytes(places)?);
        Ok(Body { id: BodyId::new(id, length), key, places, from_piece })
    }

    fn number(&mut self) -> std::io::Result<u64> {
        let mut number = [0; 8];
        self.file.read_exact(&mut number)?;
        Ok(u64::from_be_bytes(number))
    }
}

fn spooling() -> impl FnOnce(std::io::Error) -> Fault {
    Fault::io("keeping rows, and the list of what is still to be fetched")
}
