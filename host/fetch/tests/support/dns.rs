//! A name server on loopback that knows a few names and can misbehave.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use simple_dns::rdata::{A, AAAA, CNAME, RData};
use simple_dns::{CLASS, Name, Packet, PacketFlag, QTYPE, RCODE, ResourceRecord, TYPE};
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Manner {
    Sound,
    /// Never.
    Silent,
    /// Not to the first packet of each question.
    Forgetful,
    ServFail,
    Refuse,
    /// Too long for UDP: whole over TCP only.
    Truncate,
    /// Bytes that are not DNS.
    Garbage,
    /// Spoofed answers come first.
    Spoofed,
    /// To another question.
    OffTopic,
    /// Every name is an alias of itself.
    Loop,
}

pub struct FakeDns {
    pub address: SocketAddr,
    pub asked: Arc<Mutex<Vec<String>>>,
    pub over_tcp: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl FakeDns {
    /// Knows these names; a name with a `>` in front of its value is an alias.
    pub fn serve(manner: Manner, names: &[(&str, &str)]) -> Self {
        let (udp, tcp, address) = loop {
            let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
            let address = udp.local_addr().unwrap();
            if let Ok(tcp) = TcpListener::bind(address) {
                break (udp, tcp, address);
            }
        };
        let names: Vec<(String, String)> =
            names.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let fake = Self { address, asked: Arc::default(), over_tcp: Arc::default(), stop: Arc::default() };

        let (asked, stop, known) = (fake.asked.clone(), fake.stop.clone(), names.clone());
        udp.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        std::thread::spawn(move || {
            let (mut buffer, mut seen) = ([0; 4096], Vec::new());
            while !stop.load(Ordering::SeqCst) {
                let Ok((n, from)) = udp.recv_from(&mut buffer) else { continue };
                let query = buffer[..n].to_vec();
                let Ok(packet) = Packet::parse(&query) else { continue };
                asked.lock().unwrap().push(packet.questions[0].qname.to_string());
                match manner {
                    Manner::Silent => continue,
                    Manner::Forgetful if !seen.contains(&query) => {
                        seen.push(query);
                        continue;
                    }
                    Manner::Garbage => drop(udp.send_to(&[&query[..2], b"\x80!"].concat(), from).unwrap()),
                    Manner::Spoofed => {
                        let mut other = query.clone();
                        other[0] ^= 1;
                        let wrong = answer(manner, &other, &[("victim.example".into(), "192.0.2.66".into())]);
                        udp.send_to(&wrong, from).unwrap();
                        udp.send_to(&answer(manner, &query, &known), from).unwrap();
                    }
                    _ => drop(udp.send_to(&answer(manner, &query, &known), from).unwrap()),
                }
            }
        });

        let (stop, count) = (fake.stop.clone(), fake.over_tcp.clone());
        std::thread::spawn(move || {
            for stream in tcp.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(mut stream) = stream else { continue };
                let mut length = [0; 2];
                if stream.read_exact(&mut length).is_err() {
                    continue;
                }
                let mut query = vec![0; u16::from_be_bytes(length).into()];
                stream.read_exact(&mut query).unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                let answer = answer(Manner::Sound, &query, &names);
                stream.write_all(&u16::try_from(answer.len()).unwrap().to_be_bytes()).unwrap();
                stream.write_all(&answer).unwrap();
            }
        });
        fake
    }

    /// How often this name was asked for.
    pub fn count(&self, name: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|n| *n == name).count()
    }
}

impl Drop for FakeDns {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = std::net::TcpStream::connect(self.address);
    }
}

fn answer(manner: Manner, query: &[u8], names: &[(String, String)]) -> Vec<u8> {
    let packet = Packet::parse(query).unwrap();
    let mut question = packet.questions[0].clone();
    let mut reply = Packet::new_reply(packet.id());
    let asked = question.qname.to_string();
    let kind = question.qtype;
    match manner {
        Manner::ServFail => *reply.rcode_mut() = RCODE::ServerFailure,
        Manner::Refuse => *reply.rcode_mut() = RCODE::Refused,
        Manner::Truncate => reply.set_flags(PacketFlag::TRUNCATION),
        Manner::OffTopic => question.qname = Name::new("other.example").unwrap(),
        Manner::Loop => {
            let name = Name::new(&asked).unwrap().into_owned();
            let data = RData::CNAME(CNAME(name.clone()));
            reply.answers.push(ResourceRecord::new(name, CLASS::IN, 1, data));
        }
        _ => {
            let mut owner = asked;
            let mut known = false;
            while let Some((_, value)) = names.iter().find(|(n, _)| n.eq_ignore_ascii_case(&owner)) {
                known = true;
                let name = Name::new(&owner).unwrap().into_owned();
                if let Some(alias) = value.strip_prefix('>') {
                    let data = RData::CNAME(CNAME(Name::new(alias).unwrap().into_owned()));
                    reply.answers.push(ResourceRecord::new(name, CLASS::IN, 1, data));
                    owner = alias.to_owned();
                    continue;
                }
                for ip in value.split_whitespace().map(|ip| ip.parse::<IpAddr>().unwrap()) {
                    let data = match ip {
                        IpAddr::V4(ip) => RData::A(A { address: ip.into() }),
                        IpAddr::V6(ip) => RData::AAAA(AAAA { address: ip.into() }),
                    };
                    let wanted = if ip.is_ipv4() { TYPE::A } else { TYPE::AAAA };
                    if kind == QTYPE::TYPE(wanted) {
                        reply.answers.push(ResourceRecord::new(name.clone(), CLASS::IN, 1, data));
                    }
                }
                break;
            }
            if !known {
                *reply.rcode_mut() = RCODE::NameError;
            }
        }
    }
    reply.questions.push(question);
    reply.build_bytes_vec_compressed().unwrap()
}
