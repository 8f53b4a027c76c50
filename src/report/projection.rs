//! A report for a certain reader: without what that reader has no business with. It is [`Content`] like any other, so every
//! format can write it, and says in `omitted` what it leaves out. Counts stay as they are.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::Content;
use super::content::Entries;
use super::schema::{Account, Candidate, Exposure, Omitted, Scan, Site, Skipped, SubId, Summary, Tool};

/// A report without some of its parts.
pub struct Projection<'a> {
    of: &'a dyn Content,
    omitted: Vec<Omitted>,
    scan: Scan,
    /// The numbers of accounts that are candidates, by id; none where names stay, or ids are keyed.
    numbers: HashMap<String, usize>,
}

impl<'a> Projection<'a> {
    /// `of` without `omitted`, and without what it leaves out already.
    pub fn new(of: &'a dyn Content, omitted: &[Omitted]) -> Self {
        let all: BTreeSet<Omitted> = omitted.iter().chain(of.omitted()).copied().collect();
        let mut scan = of.scan().clone();
        if all.contains(&Omitted::Inputs) {
            scan.inputs.clear();
            scan.parts.clear();
        }
        let rename = all.contains(&Omitted::Names) && of.tool().key_id.is_none();
        let numbers = if rename { numbers(of) } else { HashMap::new() };
        Self { of, omitted: all.into_iter().collect(), scan, numbers }
    }

    fn omits(&self, what: Omitted) -> bool {
        self.omitted.contains(&what)
    }

    /// Whether names are replaced here: not where they were before.
    fn renames(&self) -> bool {
        self.omits(Omitted::Names) && !self.of.omitted().contains(&Omitted::Names)
    }

    fn is_keyed(&self) -> bool {
        self.of.tool().key_id.is_some()
    }

    /// An id without a key is guessed from a list of customers; then the account is a number, good in this report alone.
    fn account_id(&self, number: usize, id: &str) -> String {
        if self.is_keyed() { id.to_owned() } else { format!("account-{}", number + 1) }
    }

    fn account<'e>(&self, number: usize, account: Cow<'e, Account<'e>>) -> Cow<'e, Account<'e>> {
        let hidden = self.omits(Omitted::Exposures);
        if !hidden && !self.renames() {
            return account;
        }
        let mut account = account.into_owned();
        if hidden {
            account.exposures.clear();
            account.exposures_truncated = account.exposure_count > 0;
        }
        if self.renames() {
            let id = self.account_id(number, &account.account_id);
            account.account = id.clone().into();
            account.sub_id = SubId::Opaque { id: id.clone().into() };
            account.account_id = id;
            for name in [
                &mut account.username,
                &mut account.email,
                &mut account.phone_number,
                &mut account.user_id,
                &mut account.dn,
                &mut account.domain,
            ] {
                *name = None;
            }
            for (index, exposure) in account.exposures.iter_mut().enumerate() {
                self.rename(exposure, format_args!("{}.{}", number + 1, index + 1));
            }
        }
        Cow::Owned(account)
    }

    fn exposure<'e>(&self, index: usize, exposure: Cow<'e, Exposure<'e>>) -> Cow<'e, Exposure<'e>> {
        if !self.renames() {
            return exposure;
        }
        let mut exposure = exposure.into_owned();
        self.rename(&mut exposure, format_args!("0.{}", index + 1));
        Cow::Owned(exposure)
    }

    /// The id of an exposure is over the account and the record, which for a simple log can be guessed as well.
    fn rename(&self, exposure: &mut Exposure<'_>, number: std::fmt::Arguments<'_>) {
        if !self.is_keyed() {
            exposure.exposure_id = format!("exposure-{number}");
        }
        for Candidate { account_id, sub_id } in &mut exposure.candidates {
            *account_id = self.account_id(self.numbers.get(account_id).copied().unwrap_or_default(), account_id);
            *sub_id = SubId::Opaque { id: account_id.clone().into() };
        }
    }
}

/// The candidates of all exposures with their numbers: those of the list of accounts, and behind them the others in the
/// order in which they are met.
fn numbers(of: &dyn Content) -> HashMap<String, usize> {
    let mut numbers = HashMap::new();
    let mut met = Vec::new();
    for exposure in of.unattributed() {
        for Candidate { account_id, .. } in &exposure.candidates {
            if numbers.insert(account_id.clone(), usize::MAX).is_none() {
                met.push(account_id.clone());
            }
        }
    }
    if met.is_empty() {
        return numbers;
    }
    for (number, account) in of.accounts().enumerate() {
        if let Some(known) = numbers.get_mut(&account.account_id) {
            *known = number;
        }
    }
    let mut next = of.listed_accounts();
    for id in met {
        if let Some(number) = numbers.get_mut(&id).filter(|number| **number == usize::MAX) {
            *number = next;
            next += 1;
        }
    }
    numbers
}

impl Content for Projection<'_> {
    fn report_id(&self) -> Cow<'_, str> {
        self.of.report_id()
    }

    fn omitted(&self) -> &[Omitted] {
        &self.omitted
    }

    fn tool(&self) -> &Tool {
        self.of.tool()
    }

    fn scan(&self) -> &Scan {
        &self.scan
    }

    fn summary(&self) -> &Summary {
        self.of.summary()
    }

    fn listed_accounts(&self) -> usize {
        if self.omits(Omitted::Accounts) { 0 } else { self.of.listed_accounts() }
    }

    fn accounts_in(&self, range: Range<usize>) -> Entries<'_, Account<'_>> {
        if self.omits(Omitted::Accounts) {
            return Box::new(std::iter::empty());
        }
        let accounts = (range.start..).zip(self.of.accounts_in(range));
        Box::new(accounts.map(|(number, account)| self.account(number, account)))
    }

    fn unattributed(&self) -> Entries<'_, Exposure<'_>> {
        if self.omits(Omitted::Exposures) {
            return Box::new(std::iter::empty());
        }
        Box::new(self.of.unattributed().enumerate().map(|(index, exposure)| self.exposure(index, exposure)))
    }

    fn sites(&self) -> Entries<'_, Site<'_>> {
        if self.omits(Omitted::Sites) { Box::new(std::iter::empty()) } else { self.of.sites() }
    }

    fn skipped(&self) -> Cow<'_, [Skipped]> {
        if self.omits(Omitted::Inputs) { Cow::Borrowed(&[]) } else { self.of.skipped() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Stored, json};

    const GOLDEN: &str = include_str!("../../tests/golden/report.json");

    fn read() -> Stored {
        Stored::parse(GOLDEN.as_bytes(), std::path::Path::new("-")).unwrap()
    }

    fn text(report: &dyn Content) -> String {
        let mut text = Vec::new();
        json::write(report, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    /// Whoever is to leave out nothing changes nothing.
    #[test]
    fn nothing_left_out_is_the_report() {
        assert_eq!(text(&Projection::new(&read(), &[])), GOLDEN);
    }

    /// No name is left anywhere, candidates included, and no id that a name could be guessed from; one account has one
    /// number wherever it is met.
    #[test]
    fn names_become_numbers() {
        let mut report = read();
        let known = report.accounts[0].account_id.clone();
        report.unattributed[0].candidates[1].account_id = known;
        let redacted = Projection::new(&report, &[Omitted::Names]);
        let json = text(&redacted);
        for name in ["@example.com", "jane", "acc_", "exp_"] {
            assert!(!json.contains(name), "{name} in {json}");
        }
        let ids: Vec<String> =
            redacted.unattributed().flat_map(|one| one.candidates.clone()).map(|one| one.account_id).collect();
        assert_eq!(ids, ["account-2", "account-1"]);
        // Numbers stay when they are left out once more.
        let twice = text(&Projection::new(&redacted, &[Omitted::Names]));
        assert_eq!(twice, json);
    }

    /// Keyed ids tell nothing to whoever has no key, and are what a ledger is kept by.
    #[test]
    fn keyed_ids_stay() {
        let mut report = read();
        report.tool.key_id = Some("k".to_owned());
        let redacted = Projection::new(&report, &[Omitted::Names]);
        let account = redacted.accounts().next().unwrap().into_owned();
        assert_eq!((&account.account_id, &*account.account), (&report.accounts[0].account_id, &*account.account_id));
        assert_eq!(account.exposures[0].exposure_id, report.accounts[0].exposures[0].exposure_id);
        assert!(!text(&redacted).contains("@example.com"));
    }
}
