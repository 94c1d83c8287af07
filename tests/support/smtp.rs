//! A mail server of our own (RFC 5321): takes mail, or refuses, stalls and drops as a test tells it to.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How the server treats its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mood {
    /// Takes everything.
    #[default]
    Takes,
    /// Closes every connection at once, as if nobody listened.
    Down,
    /// Answers every recipient with this code and the recipient's address.
    Refuses(u16),
    /// Never says a word.
    Stalls,
    /// Reads the whole mail and hangs up instead of taking it.
    Drops,
}

/// A mail that arrived.
#[derive(Debug, Clone)]
pub struct Received {
    pub from: String,
    pub to: Vec<String>,
    /// Headers and body, dots undone.
    pub raw: String,
}

/// A running mail server.
#[derive(Clone)]
pub struct Sink {
    address: SocketAddr,
    mood: watch::Sender<Mood>,
    mails: watch::Sender<Vec<Received>>,
    /// Connections so far.
    tries: watch::Sender<usize>,
}

impl Sink {
    /// Starts it on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("binds");
        let sink = Self {
            address: listener.local_addr().expect("an address"),
            mood: watch::Sender::default(),
            mails: watch::Sender::default(),
            tries: watch::Sender::default(),
        };
        let own = sink.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let sink = own.clone();
                tokio::spawn(async move { sink.talk(stream).await });
            }
        });
        sink
    }

    /// Where it listens, as Usher is told.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// From now on it behaves like this.
    pub fn is(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// What arrived so far.
    pub fn mails(&self) -> Vec<Received> {
        self.mails.borrow().clone()
    }

    /// Waits until so many mails arrived.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let mut mails = self.mails.subscribe();
        let there = tokio::time::timeout(Duration::from_mins(1), mails.wait_for(|mails| mails.len() >= count)).await;
        assert!(there.is_ok(), "{} mails arrived, not {count}", self.mails.borrow().len());
        self.mails()
    }

    /// Connections so far.
    pub fn tries(&self) -> usize {
        *self.tries.borrow()
    }

    /// Waits until there were so many connections.
    pub async fn wait_for_tries(&self, count: usize) {
        let mut tries = self.tries.subscribe();
        let there = tokio::time::timeout(Duration::from_mins(1), tries.wait_for(|tries| *tries >= count)).await;
        assert!(there.is_ok(), "tried {} times, not {count}", self.tries());
    }

    async fn talk(&self, stream: TcpStream) {
        self.tries.send_modify(|tries| *tries += 1);
        // A client that hangs up is none of a test's business.
        let _ = self.converse(stream).await;
    }

    /// The mood of this moment, once it is one in which the server speaks; nothing: it hangs up.
    async fn mood(&self) -> Option<Mood> {
        let mut moods = self.mood.subscribe();
        let mood = *moods.wait_for(|mood| *mood != Mood::Stalls).await.ok()?;
        (mood != Mood::Down).then_some(mood)
    }

    async fn converse(&self, stream: TcpStream) -> std::io::Result<()> {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let (mut from, mut to) = (String::new(), Vec::new());
        if self.mood().await.is_none() {
            return Ok(());
        }
        write.write_all(b"220 sink.test ESMTP\r\n").await?;
        while let Some(line) = lines.next_line().await? {
            let Some(mood) = self.mood().await else { break };
            let verb: String = line.chars().take(4).collect::<String>().to_ascii_uppercase();
            let answer = match (verb.as_str(), mood) {
                ("EHLO", _) => "250-sink.test\r\n250 8BITMIME".to_owned(),
                ("MAIL", _) => {
                    (from, to) = (address(&line), Vec::new());
                    "250 fine".to_owned()
                }
                ("RCPT", Mood::Refuses(code)) => format!("{code} 5.1.1 <{}> is not wanted here", address(&line)),
                ("RCPT", _) => {
                    to.push(address(&line));
                    "250 fine".to_owned()
                }
                ("DATA", _) => {
                    write.write_all(b"354 go on\r\n").await?;
                    let raw = body(&mut lines).await?;
                    if mood == Mood::Drops {
                        break;
                    }
                    let mail = Received { from: from.clone(), to: to.clone(), raw };
                    self.mails.send_modify(|mails| mails.push(mail));
                    "250 taken".to_owned()
                }
                ("QUIT", _) => return write.write_all(b"221 bye\r\n").await,
                ("NOOP" | "RSET", _) => "250 fine".to_owned(),
                _ => "502 not known".to_owned(),
            };
            write.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
        Ok(())
    }
}

type Lines = tokio::io::Lines<BufReader<tokio::net::tcp::OwnedReadHalf>>;

async fn body(lines: &mut Lines) -> std::io::Result<String> {
    let mut raw = String::new();
    while let Some(line) = lines.next_line().await? {
        if line == "." {
            break;
        }
        raw.push_str(line.strip_prefix('.').unwrap_or(&line));
        raw.push_str("\r\n");
    }
    Ok(raw)
}

/// What stands between the angle brackets.
fn address(line: &str) -> String {
    let inner = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map(|(address, _)| address.to_owned()).unwrap_or_default()
}

impl Received {
    /// A header of the mail, unfolded; the names of all others are in the way of no test.
    pub fn header(&self, name: &str) -> Option<String> {
        header(&self.raw, name)
    }

    /// How many headers of a name there are.
    pub fn count(&self, name: &str) -> usize {
        let head = self.raw.split("\r\n\r\n").next().unwrap_or_default();
        let starts = format!("{}:", name.to_ascii_lowercase());
        head.lines().filter(|line| line.to_ascii_lowercase().starts_with(&starts)).count()
    }

    /// The subject, encoded words undone: the space between two of them does not count (RFC 2047 section 6.2).
    pub fn subject(&self) -> String {
        let header = self.header("Subject").unwrap_or_default();
        let (mut subject, mut after_encoded) = (String::new(), true);
        for word in header.split(' ') {
            let decoded = encoded_word(word);
            if !(after_encoded && (decoded.is_some() || subject.is_empty())) {
                subject.push(' ');
            }
            after_encoded = decoded.is_some();
            subject.push_str(decoded.as_deref().unwrap_or(word));
        }
        subject
    }

    /// The plain text.
    pub fn text(&self) -> String {
        self.part("text/plain")
    }

    /// The HTML.
    pub fn html(&self) -> String {
        self.part("text/html")
    }

    /// The first address of ours in the text that continues `start`.
    pub fn link(&self, start: &str) -> Option<String> {
        let text = self.text();
        let at = text.find(start)?;
        text[at..].split_whitespace().next().map(str::to_owned)
    }

    fn part(&self, kind: &str) -> String {
        let content = self.header("Content-Type").unwrap_or_default();
        let boundary = content.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next());
        let boundary = boundary.unwrap_or_else(|| panic!("no boundary: {content}"));
        let mark = format!("--{boundary}");
        let parts = self.raw.split(&mark).map(|part| part.trim_start_matches("\r\n"));
        let part = parts.skip(1).find(|part| header(part, "Content-Type").is_some_and(|found| found.starts_with(kind)));
        let part = part.unwrap_or_else(|| panic!("no {kind}: {}", self.raw));
        let (_, body) = part.split_once("\r\n\r\n").expect("a body");
        decoded(body, &header(part, "Content-Transfer-Encoding").unwrap_or_default())
    }
}

fn header(raw: &str, name: &str) -> Option<String> {
    let head = raw.split("\r\n\r\n").next()?.replace("\r\n ", " ").replace("\r\n\t", " ");
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(field, _)| field.eq_ignore_ascii_case(name))?;
    Some(value.trim().to_owned())
}

fn encoded_word(word: &str) -> Option<String> {
    let inner = word.strip_prefix("=?utf-8?b?")?.strip_suffix("?=")?;
    String::from_utf8(STANDARD.decode(inner).ok()?).ok()
}

fn decoded(body: &str, encoding: &str) -> String {
    match encoding {
        "base64" => {
            let text: String = body.split_whitespace().collect();
            String::from_utf8(STANDARD.decode(text).expect("base64")).expect("UTF-8")
        }
        "quoted-printable" => quoted_printable(body),
        _ => body.to_owned(),
    }
}

/// RFC 2045 section 6.7.
fn quoted_printable(body: &str) -> String {
    let body = body.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = body.as_bytes();
    while let [first, more @ ..] = rest {
        let hex = more.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        if let (b'=', Some(byte)) = (first, hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            bytes.push(byte);
            rest = &more[2..];
        } else {
            bytes.push(*first);
            rest = more;
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}
