//! A static airgo finds addresses with what it has in it: files and DNS.
//!
//! For each other word of nsswitch.conf(5) (`mdns4_minimal`, `resolve`,
//! `myhostname`, `systemd`) glibc loads a library of the machine, and with it the
//! machine's own glibc. A static program has another glibc in it, and the two
//! together end in a failed assertion. `files` and `dns` need no library.

/// Before the first thread starts.
#[cfg(all(target_os = "linux", target_env = "gnu", target_feature = "crt-static"))]
pub fn prepare() {
    use std::ffi::{c_char, c_int};

    // What glibc has for overriding the file; the crate libc leaves it out.
    // Measured: on Debian 11 with libnss-mdns, libnss-resolve or
    // libnss-myhostname a program built on Debian 12 died by SIGABRT at the first
    // name that it looked up.
    #[allow(unsafe_code)]
    unsafe extern "C" {
        fn __nss_configure_lookup(database: *const c_char, services: *const c_char) -> c_int;
    }
    for (database, services) in [(c"hosts", c"files dns"), (c"passwd", c"files"), (c"group", c"files")] {
        // SAFETY: both are strings of C that live on, and there is no other thread
        // yet. It refuses a database that it does not know, and knows these.
        #[allow(unsafe_code)]
        let _ = unsafe { __nss_configure_lookup(database.as_ptr(), services.as_ptr()) };
    }
}

/// Elsewhere the C library is the machine's, and what it loads fits.
#[cfg(not(all(target_os = "linux", target_env = "gnu", target_feature = "crt-static")))]
pub fn prepare() {}
