//! The options of `make run`, given as variables.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use super::Failure;

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
        let address = |name: &str, default: &str| {
            let port = value(name).unwrap_or_else(|| default.to_owned());
            let number = port.parse().ok().filter(|port: &u16| *port != 0);
            let port = number.ok_or_else(|| format!("{name}={port} is not a port"))?;
            Ok::<_, String>(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        };
        let (function, database) = (address("PORT", "9000")?, address("DYNAMODB_PORT", "8000")?);
        let view = address("VIEW_PORT", "8800")?;
        let names = [("PORT", function), ("DYNAMODB_PORT", database), ("VIEW_PORT", view), ("PORT", function)];
        let same = names.iter().zip(names.iter().skip(1)).find(|(one, other)| one.1 == other.1);
        if let Some(((one, _), (other, _))) = same {
            return Err(format!("{one} and {other} are the same; choose two").into());
        }
        Ok(Self { once: flag("ONCE"), details: flag("DETAILS"), function, database, view })
    }

    /// Binds the port of DynamoDB.
    pub(super) fn database_listener(&self) -> Result<TcpListener, Failure> {
        bind(self.database, "DYNAMODB_PORT")
    }

    /// Binds the port of the pages.
    pub(super) fn view_listener(&self) -> Result<TcpListener, Failure> {
        bind(self.view, "VIEW_PORT")
    }

    /// Fails if the function's port is taken: cargo-lambda would bind it next to its owner, or only log an error.
    pub(super) fn check_function_port(&self) -> Result<(), Failure> {
        bind(self.function, "PORT").map(drop)
    }
}

fn bind(address: SocketAddr, variable: &str) -> Result<TcpListener, Failure> {
    let port = address.port();
    let listener = TcpListener::bind(address).map_err(|error| {
        let another = port.saturating_add(1);
        format!("port {port} is not available ({error}); choose another: {variable}={another} make run")
    })?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::{Options, bind};

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
        assert_eq!(read(&[("DYNAMODB_PORT", "x")]).unwrap_err(), "DYNAMODB_PORT=x is not a port");
        assert_eq!(read(&[("PORT", "0")]).unwrap_err(), "PORT=0 is not a port");
        assert_eq!(read(&[("VIEW_PORT", "9000")]).unwrap_err(), "VIEW_PORT and PORT are the same; choose two");
        assert_eq!(read(&[("PORT", "8000")]).unwrap_err(), "PORT and DYNAMODB_PORT are the same; choose two");
    }

    #[test]
    fn a_taken_port_names_its_variable() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let failure = bind(taken.local_addr().unwrap(), "DYNAMODB_PORT").unwrap_err().to_string();
        assert!(failure.contains("DYNAMODB_PORT="), "{failure}");
    }
}
