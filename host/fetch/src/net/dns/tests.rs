//! One server asked for one name, with what can be wrong with its answer.

use super::*;
use fake::{FakeDns, Manner};

#[path = "../../../tests/support/dns.rs"]
mod fake;

const QUICK: Patience = Patience { wait: Duration::from_millis(300), sends: 2 };
const NAMES: &[(&str, &str)] = &[
    ("proxy.example", "192.0.2.7 192.0.2.8 2001:db8::7"),
    ("six.example", "2001:db8::6"),
    ("alias.example", ">other.example"),
    ("other.example", ">proxy.example"),
    ("none.example", ""),
];

fn run(manner: Manner, name: &str) -> (Result<Vec<IpAddr>, DnsError>, FakeDns) {
    let fake = FakeDns::serve(manner, NAMES);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let result = runtime.block_on(lookup(DnsServer(fake.address), name, QUICK));
    (result, fake)
}

fn found(manner: Manner, name: &str) -> Vec<String> {
    let result = run(manner, name).0;
    result.unwrap_or_else(|e| panic!("{manner:?} {name}: {e}")).iter().map(ToString::to_string).collect()
}

#[test]
fn addresses_of_both_kinds_and_of_aliases() {
    let all = ["192.0.2.7", "192.0.2.8", "2001:db8::7"];
    assert_eq!(found(Manner::Sound, "proxy.example"), all);
    assert_eq!(found(Manner::Sound, "PROXY.example."), all);
    assert_eq!(found(Manner::Sound, "alias.example"), all);
    assert_eq!(found(Manner::Sound, "six.example"), ["2001:db8::6"]);
}

#[test]
fn a_lost_packet_and_a_long_answer_are_no_failure() {
    assert_eq!(found(Manner::Forgetful, "six.example"), ["2001:db8::6"]);
    let (result, fake) = run(Manner::Truncate, "proxy.example");
    assert_eq!(result.unwrap().len(), 3);
    assert_eq!(fake.over_tcp.load(std::sync::atomic::Ordering::SeqCst), 2);
    assert_eq!(found(Manner::Spoofed, "six.example"), ["2001:db8::6"]);
}

#[test]
fn each_failure_is_named() {
    for (manner, name, text) in [
        (Manner::Sound, "absent.example", "says that there is no such name"),
        (Manner::Sound, "none.example", "knows the name but no address of it"),
        (Manner::Silent, "proxy.example", "did not answer within 1 s"),
        (Manner::ServFail, "proxy.example", "failed to find out (SERVFAIL)"),
        (Manner::Refuse, "proxy.example", "refuses to answer (REFUSED)"),
        (Manner::Garbage, "proxy.example", "sent no DNS answer"),
        (Manner::OffTopic, "proxy.example", "sent no DNS answer"),
        (Manner::Loop, "proxy.example", "sent no DNS answer"),
        (Manner::Sound, "", "cannot be a host name"),
        (Manner::Sound, "-no such-.example", "cannot be a host name"),
    ] {
        let (result, fake) = run(manner, name);
        let error = result.unwrap_err().to_string();
        assert!(error.contains(text), "{manner:?} {name}: {error}");
        let named = error.starts_with(&fake.address.to_string());
        assert!(named || matches!(text, "cannot be a host name"), "{error}");
    }
    // Nobody listens there.
    let free = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let error = runtime.block_on(lookup(DnsServer(free), "proxy.example", QUICK)).unwrap_err();
    assert!(matches!(error, DnsError::Unreachable { .. } | DnsError::Silent { .. }), "{error}");
}

#[test]
fn no_bytes_make_it_panic() {
    // Every prefix and every single changed byte of a real answer.
    let fake = FakeDns::serve(Manner::Sound, NAMES);
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let (id, query) = query("alias.example", TYPE::A).unwrap();
    socket.send_to(&query, fake.address).unwrap();
    let mut buffer = [0; MAX_PACKET];
    let length = socket.recv(&mut buffer).unwrap();
    let server = DnsServer(fake.address);
    for end in 0..=length {
        let _ = read(server, id, "alias.example", TYPE::A, &buffer[..end]);
    }
    for at in 0..length {
        for bit in 0..8 {
            let mut bytes = buffer[..length].to_vec();
            bytes[at] ^= 1 << bit;
            let _ = read(server, id, "alias.example", TYPE::A, &bytes);
        }
    }
    let whole = read(server, id, "alias.example", TYPE::A, &buffer[..length]).unwrap();
    assert_eq!(whole.unwrap().len(), 2);
}
