//! Mapped files that others cut off while they are read: the fault is answered with zeros, and remembered.
//!
//! A page of a map that its file no longer reaches, or that a disk cannot deliver, raises `SIGBUS`, which ends the
//! program and its report. Each map is therefore entered in a table before it is read. The handler puts pages of zeros
//! in the place of the rest of that map, notes where they begin, and the reader goes on; it then reads the file in
//! another way. A fault outside of the table is none of ours and ends as it would have ended without us.
//!
//! The table is of atomics only, since a handler may not wait: its thread may hold any lock. A thread that faults reads
//! a map of its own, whose entry stands still; entries that change at that moment are of other threads and are passed
//! over. Where the table is full, or somebody else answers `SIGBUS` by now, there is no map: the file is read.
#![allow(unsafe_code)]

pub(super) use self::system::Guard;

#[cfg(any(target_os = "linux", target_os = "android"))]
mod system {
    use std::mem::{self, MaybeUninit};
    use std::ptr;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};

    use libc::{c_int, c_void, siginfo_t};

    /// More maps than this are never read at a time: a scan has no more than 256 threads.
    const MAPS: usize = 512;

    /// Where zeros begin, of a map that has none.
    const NOWHERE: usize = usize::MAX;

    static TABLE: [Slot; MAPS] = [const { Slot::new() }; MAPS];

    /// Bytes of a page; 0 until the handler is installed.
    static PAGE: AtomicUsize = AtomicUsize::new(0);

    /// Who answered before.
    static PREVIOUS: OnceLock<libc::sigaction> = OnceLock::new();

    static INSTALLED: OnceLock<bool> = OnceLock::new();

    /// One map, or room for one.
    struct Slot {
        taken: AtomicBool,
        /// Odd while the entry changes.
        turn: AtomicUsize,
        begin: AtomicUsize,
        end: AtomicUsize,
        /// Offset in the map of the first zeros that stand for something else.
        zeros: AtomicUsize,
    }

    impl Slot {
        const fn new() -> Self {
            Self {
                taken: AtomicBool::new(false),
                turn: AtomicUsize::new(0),
                begin: AtomicUsize::new(0),
                end: AtomicUsize::new(0),
                zeros: AtomicUsize::new(NOWHERE),
            }
        }

        /// Enters a map, or the lack of one.
        fn set(&self, begin: usize, end: usize) {
            self.turn.fetch_add(1, Ordering::Relaxed);
            fence(Ordering::Release);
            self.begin.store(begin, Ordering::Relaxed);
            self.end.store(end, Ordering::Relaxed);
            self.zeros.store(NOWHERE, Ordering::Relaxed);
            self.turn.fetch_add(1, Ordering::Release);
        }

        /// The map, if it is one that stands still and holds `address`.
        fn holds(&self, address: usize) -> Option<(usize, usize)> {
            let turn = self.turn.load(Ordering::Acquire);
            let (begin, end) = (self.begin.load(Ordering::Relaxed), self.end.load(Ordering::Relaxed));
            fence(Ordering::Acquire);
            let still = turn.is_multiple_of(2) && self.turn.load(Ordering::Relaxed) == turn;
            (still && (begin..end).contains(&address)).then_some((begin, end))
        }
    }

    /// A map whose faults are answered. To be dropped before the map is undone.
    pub(in crate::input) struct Guard(&'static Slot);

    impl Guard {
        /// Enters `map`. None where its faults could not be answered: it is not to be read then.
        pub(in crate::input) fn new(map: &[u8]) -> Option<Self> {
            if !*INSTALLED.get_or_init(|| install().is_some()) || !is_ours() {
                return None;
            }
            let free =
                |slot: &&Slot| slot.taken.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok();
            let slot = TABLE.iter().find(free)?;
            slot.set(map.as_ptr().addr(), map.as_ptr().addr() + map.len());
            Some(Self(slot))
        }

        /// Where zeros begin that the file does not hold, as an offset in the map: it was cut off, or cannot be read.
        pub(in crate::input) fn zeros(&self) -> Option<usize> {
            let zeros = self.0.zeros.load(Ordering::Relaxed);
            (zeros != NOWHERE).then_some(zeros)
        }
    }

    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.set(0, 0);
            self.0.taken.store(false, Ordering::Release);
        }
    }

    /// Answers `SIGBUS` from now on, in the place of whoever did before.
    fn install() -> Option<()> {
        // SAFETY: asks for a number; no memory is handed over.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        PAGE.store(usize::try_from(page).ok().filter(|page| page.is_power_of_two())?, Ordering::Relaxed);
        let previous = current()?;
        if PREVIOUS.set(previous).is_err() {
            return None;
        }
        // SAFETY: all fields of the structure are numbers or may be null, so that zeros are a value of it.
        let mut action: libc::sigaction = unsafe { mem::zeroed() };
        action.sa_sigaction = on_fault as extern "C" fn(c_int, *mut siginfo_t, *mut c_void) as usize;
        // Threads whose own stack is at its end have another one for handlers.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        // SAFETY: the structure is whole, and the handler calls only what may be called from one.
        (unsafe { libc::sigaction(libc::SIGBUS, &raw const action, ptr::null_mut()) } == 0).then_some(())
    }

    /// Who answers `SIGBUS` now.
    fn current() -> Option<libc::sigaction> {
        let mut action = MaybeUninit::uninit();
        // SAFETY: nothing is changed; the answer is written to memory of its size.
        let known = unsafe { libc::sigaction(libc::SIGBUS, ptr::null(), action.as_mut_ptr()) } == 0;
        // SAFETY: the call said that it wrote.
        known.then(|| unsafe { action.assume_init() })
    }

    /// Whether nobody took our place: a library is not alone in its program.
    fn is_ours() -> bool {
        let ours = on_fault as extern "C" fn(c_int, *mut siginfo_t, *mut c_void) as usize;
        current().is_some_and(|action| action.sa_sigaction == ours)
    }

    /// The handler. Calls `mmap`, which is one system call, and reads atomics.
    extern "C" fn on_fault(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
        // SAFETY: the kernel hands over what it knows of the signal, and an address with every fault.
        let (code, address) = unsafe { ((*info).si_code, (*info).si_addr().addr()) };
        if code != libc::BUS_ADRERR || !answer(address) {
            pass_on(signal, code, info, context);
        }
    }

    /// Puts zeros where a map of ours cannot be read. False where the address is in none.
    fn answer(address: usize) -> bool {
        let Some((slot, (begin, end))) = TABLE.iter().find_map(|slot| Some((slot, slot.holds(address)?))) else {
            return false;
        };
        let page = address & !(PAGE.load(Ordering::Relaxed) - 1);
        // SAFETY: the pages from the fault to the end of a map that its own thread reads at this moment and that is
        // undone only afterwards. What was there cannot be read; zeros in its place are memory of the same kind.
        let zeros = unsafe {
            let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
            libc::mmap(ptr::with_exposed_provenance_mut(page), end - page, libc::PROT_READ, kind, -1, 0)
        };
        slot.zeros.fetch_min(page.saturating_sub(begin), Ordering::Relaxed);
        zeros != libc::MAP_FAILED
    }

    /// Leaves a signal that is none of ours to whoever answered before us, or to the system.
    fn pass_on(signal: c_int, code: c_int, info: *mut siginfo_t, context: *mut c_void) {
        let previous = PREVIOUS.get();
        let handler = previous.map_or(libc::SIG_DFL, |previous| previous.sa_sigaction);
        // A signal that somebody sent, and no fault.
        let sent = code <= 0;
        match handler {
            libc::SIG_IGN if sent => {}
            libc::SIG_IGN | libc::SIG_DFL => {
                // SAFETY: sets what the system does by itself. Behind the handler the fault happens again, or the signal
                // that waits until then, and ends the program.
                unsafe {
                    libc::signal(signal, libc::SIG_DFL);
                    if sent {
                        libc::raise(signal);
                    }
                }
            }
            handler if previous.is_some_and(|previous| previous.sa_flags & libc::SA_SIGINFO != 0) => {
                // SAFETY: it was set as a handler that takes three arguments.
                let handler =
                    unsafe { mem::transmute::<usize, extern "C" fn(c_int, *mut siginfo_t, *mut c_void)>(handler) };
                handler(signal, info, context);
            }
            handler => {
                // SAFETY: it was set as a handler that takes one argument.
                let handler = unsafe { mem::transmute::<usize, extern "C" fn(c_int)>(handler) };
                handler(signal);
            }
        }
    }
}

/// Systems on which a mapped file cannot be cut off, or where only what the user asks to map is mapped.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod system {
    pub(in crate::input) struct Guard;

    impl Guard {
        pub(in crate::input) fn new(_: &[u8]) -> Option<Self> {
            Some(Self)
        }

        pub(in crate::input) fn zeros(&self) -> Option<usize> {
            None
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    use memmap2::Mmap;

    use super::*;

    fn mapped(file: &tempfile::NamedTempFile) -> Mmap {
        file.as_file().set_len(64 << 10).unwrap();
        // SAFETY: nobody else writes to the file; that it is cut off is what is tested.
        unsafe { Mmap::map(file.as_file()).unwrap() }
    }

    /// Zeros from the first missing page on, once, and in that map alone.
    #[test]
    fn a_missing_page_is_zeros() {
        let (cut, whole) = (tempfile::NamedTempFile::new().unwrap(), tempfile::NamedTempFile::new().unwrap());
        std::fs::write(cut.path(), [b'x'; 64 << 10]).unwrap();
        std::fs::write(whole.path(), [b'x'; 64 << 10]).unwrap();
        let maps = [mapped(&cut), mapped(&whole)];
        let guards = [Guard::new(&maps[0]).unwrap(), Guard::new(&maps[1]).unwrap()];
        assert!(guards.iter().all(|guard| guard.zeros().is_none()));
        cut.as_file().set_len(16 << 10).unwrap();
        assert!(maps[0][40 << 10..].iter().all(|&byte| byte == 0));
        assert_eq!(guards[0].zeros(), Some(40 << 10));
        assert!(maps[0][16 << 10..].iter().all(|&byte| byte == 0));
        assert_eq!(guards[0].zeros(), Some(16 << 10));
        assert!(maps[0][..16 << 10].iter().all(|&byte| byte == b'x'));
        assert!(maps[1].iter().all(|&byte| byte == b'x') && guards[1].zeros().is_none());
        let place = Guard::new(&maps[0]).unwrap();
        assert_eq!(place.zeros(), None, "a place in the table begins anew");
    }

    const CHILD: &str = "LOGLEAK_TEST_FAULT";

    /// In a process of its own: a fault in a map that is not in the table, and one in a map that no longer is, end it.
    #[test]
    fn any_other_fault_ends_the_program() {
        if let Ok(which) = std::env::var(CHILD) {
            let file = tempfile::NamedTempFile::new().unwrap();
            let map = mapped(&file);
            let other = mapped(&tempfile::NamedTempFile::new().unwrap());
            let guard = Guard::new(if which == "other" { &other } else { &map }).unwrap();
            drop((which == "gone").then_some(guard));
            file.as_file().set_len(0).unwrap();
            std::process::exit(i32::from(map[5000]));
        }
        let name = "input::fault::tests::any_other_fault_ends_the_program";
        for which in ["other", "gone"] {
            let mut child = Command::new(std::env::current_exe().unwrap());
            let status = child.args(["--exact", name]).env(CHILD, which).output().unwrap().status;
            assert_eq!(status.signal(), Some(libc::SIGBUS), "{which}: {status}");
        }
    }
}
