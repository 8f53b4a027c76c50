//! The list of accounts is nearly all of a large report. Shares of it become text on several threads and are written in
//! their order; no more than a few shares are held at a time.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Builder, Scope};

use super::Content;
use super::schema::Account;

/// Accounts, or other entries of a list, that become text together.
pub(super) const SHARE: usize = 32;

/// Shares that a thread may be ahead of what is written.
const AHEAD: usize = 4;

/// Appends the text of the account of this number.
pub(super) type Text<'a> = &'a (dyn Fn(&mut Vec<u8>, usize, &Account<'_>) -> io::Result<()> + Sync);

/// Writes the accounts in their order, on so many threads. The text does not depend on their number.
pub(super) fn accounts(report: &dyn Content, threads: usize, text: Text<'_>, out: &mut dyn Write) -> io::Result<()> {
    let shares = report.listed_accounts().div_ceil(SHARE);
    std::thread::scope(|scope| {
        // Where no threads can be had, and where there is little to do, it is done on this one.
        let many = threads > 1 && shares > threads;
        let lanes = if many { lanes(scope, report, threads, text).ok() } else { None };
        let Some(lanes) = lanes else {
            return (0..shares).try_for_each(|number| out.write_all(&share(report, number, text)?));
        };
        for lane in lanes.iter().cycle().take(shares) {
            let text = lane.recv().map_err(|_| io::Error::other("a thread of the report ended early"))?;
            out.write_all(&text?)?;
        }
        Ok(())
    })
}

/// Threads that make every so-manieth share each. They end when nobody receives any more.
fn lanes<'scope>(
    scope: &'scope Scope<'scope, '_>,
    report: &'scope dyn Content,
    threads: usize,
    text: Text<'scope>,
) -> io::Result<Vec<Receiver<io::Result<Vec<u8>>>>> {
    let shares = report.listed_accounts().div_ceil(SHARE);
    let lane = |first: usize| {
        let (send, receive) = sync_channel(AHEAD);
        let work = move || {
            let _ = (first..shares).step_by(threads).try_for_each(|number| send.send(share(report, number, text)));
        };
        Builder::new().spawn_scoped(scope, work).map(|_| receive)
    };
    (0..threads).map(lane).collect()
}

/// The text of a share of the accounts.
fn share(report: &dyn Content, number: usize, text: Text<'_>) -> io::Result<Vec<u8>> {
    let (mut all, first) = (Vec::new(), number * SHARE);
    for (index, account) in (first..).zip(report.accounts_in(first..first + SHARE)) {
        text(&mut all, index, &account)?;
    }
    Ok(all)
}
