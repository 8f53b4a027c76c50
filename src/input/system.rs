//! What the operating system says of the place where a file lies.

use std::fs::File;

/// Whether the file lies on a file system that is known to be on this machine. On others a map waits for a network or
/// for a user's program, page by page.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn is_local(file: &File) -> bool {
    // ext, xfs, btrfs, bcachefs, f2fs, zfs, tmpfs, ramfs, overlay, squashfs, erofs, iso9660.
    const LOCAL: [u64; 12] = [
        0xef53,
        0x5846_5342,
        0x9123_683e,
        0xca45_1a4e,
        0xf2f5_2010,
        0x2fc1_2fc1,
        0x0102_1994,
        0x8584_58f6,
        0x794c_7630,
        0x7371_7368,
        0xe0f5_e1e2,
        0x9660,
    ];
    kind(file).is_some_and(|kind| LOCAL.contains(&kind))
}

/// Whether the kernel makes up the file as it is read: its size is then no promise, and a map of it may be a device's
/// registers.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn is_made_up(file: &File) -> bool {
    // proc, sysfs, debugfs, tracefs, securityfs, cgroup, cgroup2, configfs, bpf, pstore, efivarfs, selinux.
    const MADE_UP: [u64; 12] = [
        0x9fa0,
        0x6265_6572,
        0x6462_6720,
        0x7472_6163,
        0x7363_6673,
        0x0027_e0eb,
        0x6367_7270,
        0x6265_6570,
        0xcafe_4a11,
        0x6165_676c,
        0xde5e_81e4,
        0xf97c_ff8c,
    ];
    kind(file).is_some_and(|kind| MADE_UP.contains(&kind))
}

/// The number of the file system's kind. The field's type differs between machines, the numbers do not.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn kind(file: &File) -> Option<u64> {
    rustix::fs::fstatfs(file).ok().map(|system| system.f_type as u64 & 0xffff_ffff)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn is_local(_: &File) -> bool {
    false
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn is_made_up(_: &File) -> bool {
    false
}

/// Descriptors that are open for other things than the files that are scanned, and two for each thread.
#[cfg(unix)]
const DESCRIPTORS: (u64, u64) = (16, 2);

/// Address space of one thread: its stack, its maps, and what the allocator reserves for it.
#[cfg(unix)]
const ADDRESSES: u64 = 160 << 20;

/// How many threads have room within what the system allows the program. At least one.
#[cfg(unix)]
pub fn most_threads() -> usize {
    use rustix::process::{Resource, getrlimit};
    let most = |resource| getrlimit(resource).current.unwrap_or(u64::MAX);
    let by_files = most(Resource::Nofile).saturating_sub(DESCRIPTORS.0) / DESCRIPTORS.1;
    let threads = by_files.min(most(Resource::As) / ADDRESSES).max(1);
    usize::try_from(threads).unwrap_or(usize::MAX)
}

#[cfg(not(unix))]
pub fn most_threads() -> usize {
    usize::MAX
}
