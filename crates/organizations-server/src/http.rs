//! As much of HTTP/1.1 as the protocol needs: requests with a length, connections that stay, answers that can be
//! broken.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often a waiting connection looks whether the server has stopped.
const TICK: Duration = Duration::from_millis(50);

/// No request of Organizations is longer; tokens may have 100,000 characters.
const LONGEST_REQUEST: usize = 1 << 20;

/// A request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// `X-Amz-Target`.
    pub(crate) target: String,
    pub(crate) content_type: String,
    pub(crate) authorization: String,
    pub(crate) body: Vec<u8>,
}

/// How an answer is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    /// Half of the body, then a reset.
    ResetInBody,
    /// Half of the body, then an orderly end.
    CloseInBody,
    /// Nothing, the connection is closed.
    Close,
    /// Nothing.
    Never,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
    pub(crate) delivery: Delivery,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection<'s> {
    stream: TcpStream,
    stopped: &'s AtomicBool,
    buffer: Vec<u8>,
}

impl<'s> Connection<'s> {
    pub(crate) fn new(stream: TcpStream, stopped: &'s AtomicBool) -> io::Result<Self> {
        stream.set_read_timeout(Some(TICK))?;
        stream.set_write_timeout(Some(Duration::from_secs(5)))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, stopped, buffer: Vec::new() })
    }

    /// The next request; none if the peer or the server is done.
    pub(crate) fn read(&mut self) -> io::Result<Option<Request>> {
        loop {
            if let Some((request, length)) = parse(&self.buffer)? {
                self.buffer.drain(..length);
                return Ok(Some(request));
            }
            if self.buffer.len() > LONGEST_REQUEST {
                return Err(ErrorKind::InvalidData.into());
            }
            if !self.receive()? {
                return Ok(None);
            }
        }
    }

    /// Waits for more bytes; false if there will be none.
    fn receive(&mut self) -> io::Result<bool> {
        let mut chunk = [0; 16 * 1024];
        loop {
            if self.stopped.load(Ordering::Relaxed) {
                return Ok(false);
            }
            match self.stream.read(&mut chunk) {
                Ok(0) => return Ok(false),
                Ok(count) => {
                    self.buffer.extend_from_slice(chunk.get(..count).unwrap_or_default());
                    return Ok(true);
                }
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Delivers an answer; false if the connection is of no further use.
    pub(crate) fn write(&mut self, response: &Response) -> io::Result<bool> {
        let Response { status, content_type, body, delivery } = response;
        let reason = if *status == 200 { "OK" } else { "Error" };
        let mut bytes = format!(
            "HTTP/1.1 {status} {reason}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        match delivery {
            Delivery::Whole => {
                bytes.extend_from_slice(body);
                self.stream.write_all(&bytes)?;
                Ok(true)
            }
            Delivery::ResetInBody | Delivery::CloseInBody => {
                bytes.extend_from_slice(body.get(..body.len() / 2).unwrap_or_default());
                self.stream.write_all(&bytes)?;
                self.stream.flush()?;
                // Long enough for the head to arrive.
                std::thread::sleep(Duration::from_millis(5));
                if *delivery == Delivery::ResetInBody {
                    // Closing without lingering sends a reset.
                    socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))?;
                }
                Ok(false)
            }
            Delivery::Close => Ok(false),
            Delivery::Never => {
                while self.receive()? {}
                Ok(false)
            }
        }
    }
}

/// A whole request at the beginning of a buffer, with its length.
fn parse(buffer: &[u8]) -> io::Result<Option<(Request, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut headers);
    let invalid = |error: httparse::Error| io::Error::new(ErrorKind::InvalidData, error.to_string());
    let httparse::Status::Complete(head) = parsed.parse(buffer).map_err(invalid)? else { return Ok(None) };
    let header = |name: &str| {
        let found = parsed.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.map(|header| String::from_utf8_lossy(header.value).into_owned()).unwrap_or_default()
    };
    let length: usize = header("Content-Length").trim().parse().unwrap_or_default();
    let Some(body) = buffer.get(head..head.saturating_add(length)) else { return Ok(None) };
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: parsed.path.unwrap_or_default().to_owned(),
        target: header("X-Amz-Target"),
        content_type: header("Content-Type"),
        authorization: header("Authorization"),
        body: body.to_vec(),
    };
    Ok(Some((request, head + length)))
}
