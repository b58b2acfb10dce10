//! The options of `make run`, given as variables.

use std::io::Error;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use super::Failure;

/// The variables of the ports, and their defaults.
const PORTS: [(&str, u16); 3] = [("PORT", 9000), ("DYNAMODB_PORT", 8000), ("VIEW_PORT", 8800)];

/// The options of one run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Options {
    /// `ONCE`: exit after every sample was sent, with a failure if one had an unexpected result.
    pub(super) once: bool,
    /// `DETAILS`: show the records that each sample wrote.
    pub(super) details: bool,
    /// `PORT`: where the function listens.
    pub(super) function: SocketAddr,
    /// `DYNAMODB_PORT`: where DynamoDB listens.
    pub(super) database: SocketAddr,
    /// `VIEW_PORT`: where the pages for support are.
    pub(super) view: SocketAddr,
}

impl Options {
    /// Reads the environment of the process.
    pub(super) fn from_env() -> Result<Self, Failure> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let value = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let flag = |name: &str| value(name).is_some_and(|value| value != "0");
        let address = |(name, default): (&str, u16)| {
            let port = value(name).unwrap_or_else(|| default.to_string());
            let number = port.parse().ok().filter(|port: &u16| *port != 0);
            let port = number.ok_or_else(|| format!("{name}={port} is not a port; give a number from 1 to 65535"))?;
            Ok::<_, String>(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        };
        let [function, database, view] = PORTS.map(address);
        let (function, database, view) = (function?, database?, view?);
        let names = [("PORT", function), ("DYNAMODB_PORT", database), ("VIEW_PORT", view), ("PORT", function)];
        let same = names.iter().zip(names.iter().skip(1)).find(|(one, other)| one.1 == other.1);
        if let Some(((one, _), (other, _))) = same {
            return Err(format!("{one} and {other} are the same; choose two").into());
        }
        Ok(Self { once: flag("ONCE"), details: flag("DETAILS"), function, database, view })
    }

    /// Binds the ports of DynamoDB and the pages; fails if any port is taken, also the function's.
    pub(super) fn listeners(&self) -> Result<(TcpListener, TcpListener), Failure> {
        // Of the function's, only a check: cargo-lambda would bind it next to its owner, or only log an error.
        match [self.function, self.database, self.view].map(TcpListener::bind) {
            [Ok(_), Ok(database), Ok(view)] => Ok((database, view)),
            results => Err(self.unavailable(results.map(Result::err)).into()),
        }
    }

    /// Which ports are not available, and a command with others that keeps what was set.
    fn unavailable(&self, errors: [Option<Error>; 3]) -> String {
        let ports = [self.function, self.database, self.view].map(|address| address.port());
        let mut used = ports.to_vec();
        let (mut reasons, mut command) = (Vec::new(), Vec::new());
        for (((name, default), mut port), error) in PORTS.into_iter().zip(ports).zip(errors) {
            if let Some(error) = error {
                reasons.push(format!("port {port} is not available ({error})"));
                port = another(port, &used);
                used.push(port);
            }
            if port != default {
                command.push(format!("{name}={port}"));
            }
        }
        let flags = [("ONCE=1", self.once), ("DETAILS=1", self.details)];
        command.extend(flags.iter().filter(|(_, is_set)| *is_set).map(|(flag, _)| (*flag).to_owned()));
        command.push("make run".to_owned());
        format!("{}; choose another: {}", reasons.join(", "), command.join(" "))
    }
}

/// The next port that is free and not in use.
fn another(port: u16, used: &[u16]) -> u16 {
    let mut others = (port..=u16::MAX).chain(1024..port);
    let is_free = |port: &u16| !used.contains(port) && TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    others.find(is_free).unwrap_or(port)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::Options;

    fn read(set: &[(&str, &str)]) -> Result<Options, String> {
        let lookup = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Options::from_lookup(lookup).map_err(|error| error.to_string())
    }

    #[test]
    fn the_ports_stay_the_same_unless_they_are_set() {
        let options = read(&[]).unwrap();
        assert_eq!((options.function.port(), options.database.port(), options.view.port()), (9000, 8000, 8800));
        assert!(!options.once && !options.details);
        let options = read(&[("PORT", "9001"), ("DYNAMODB_PORT", "8001"), ("ONCE", "1"), ("DETAILS", "0")]).unwrap();
        assert_eq!((options.function.port(), options.database.port()), (9001, 8001));
        assert!(options.once && !options.details);
        assert_eq!(
            read(&[("DYNAMODB_PORT", "x")]).unwrap_err(),
            "DYNAMODB_PORT=x is not a port; give a number from 1 to 65535"
        );
        assert_eq!(read(&[("PORT", "0")]).unwrap_err(), "PORT=0 is not a port; give a number from 1 to 65535");
        assert_eq!(read(&[("VIEW_PORT", "9000")]).unwrap_err(), "VIEW_PORT and PORT are the same; choose two");
        assert_eq!(read(&[("PORT", "8000")]).unwrap_err(), "PORT and DYNAMODB_PORT are the same; choose two");
    }

    #[test]
    fn one_command_avoids_every_taken_port_and_keeps_what_was_set() {
        let taken = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [function, view] = taken.each_ref().map(|listener| listener.local_addr().unwrap().port());
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let [function_text, free_text, view_text] = [function, free, view].map(|port| port.to_string());
        let set =
            [("PORT", &*function_text), ("DYNAMODB_PORT", &*free_text), ("VIEW_PORT", &*view_text), ("DETAILS", "1")];
        let failure = read(&set).unwrap().listeners().unwrap_err().to_string();
        let (reasons, command) = failure.split_once("; choose another: ").unwrap();
        for port in [function, view] {
            assert!(reasons.contains(&format!("port {port} is not available (")), "{failure}");
        }
        assert!(!reasons.contains(&free_text), "{failure}");
        let words: Vec<(&str, &str)> = command.split(' ').filter_map(|word| word.split_once('=')).collect();
        assert!(words.len() == 4 && command.ends_with(" DETAILS=1 make run"), "{command}");
        assert_eq!(words[1], ("DYNAMODB_PORT", &*free_text), "{command}");
        drop(read(&words).unwrap().listeners().unwrap());
    }
}
