
"use strict";
(() => {
  // Opened for the printer, closed again afterwards.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open], .figures)")];
    opened.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((details) => { details.open = false; }));

  const shared = document.getElementById("shared");
  if (!shared) return;

  const by = (id) => document.getElementById(id);
  const words = JSON.parse(shared.textContent);
  const NAME = 0, ID = 1, ACTION = 2, SEVERITY = 3, CONFIDENCE = 4, MODES = 5, COUNT = 6, FIRST = 7, LAST = 8, REASONS = 9;
  const rows = [];
  for (const part of document.querySelectorAll("script.rows")) rows.push(...JSON.parse(part.textContent));
  const details = document.querySelectorAll("script.details");
  const lower = rows.map((row) => row[NAME].toLowerCase());
  const places = new Map(rows.map((row, place) => [row[ID], place]));

  const number = new Intl.NumberFormat("en");
  const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  const time = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });
  const day = (seconds) => seconds === null ? "not known" : date.format(new Date(seconds * 1000));
  const moment = (seconds) => seconds === null ? "not known" : `${time.format(new Date(seconds * 1000))} UTC`;
  const modes = (bits) => words.mode.filter((_, place) => bits & (1 << place)).join(", ");

  /** An element with text and children; text is only ever text. */
  const make = (tag, text, ...children) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    element.append(...children);
    return element;
  };

  /** A row of a table; its roles stay where a phone shows it as a card. */
  const tableRow = (head, ...cells) => {
    head.scope = "row";
    head.setAttribute("role", "rowheader");
    cells.forEach((td) => td.setAttribute("role", "cell"));
    const tr = make("tr", undefined, head, ...cells);
    tr.setAttribute("role", "row");
    return tr;
  };

  // The table: which rows, in which order, and which page of them.
  let order = rows.map((_, place) => place);
  let sorted = { by: "severity", down: true };
  let page = 0;

  const keys = {
    name: (place) => lower[place],
    action: (place) => rows[place][ACTION],
    severity: (place) => rows[place][SEVERITY],
    mode: (place) => rows[place][MODES],
    count: (place) => rows[place][COUNT],
    last: (place) => rows[place][LAST] ?? -Infinity,
  };

  const select = () => {
    const query = by("query").value.trim().toLowerCase();
    const action = by("by-action").value, severity = by("by-severity").value, mode = by("by-mode").value;
    const found = [];
    for (let place = 0; place < rows.length; place += 1) {
      const row = rows[place];
      if (action !== "" && row[ACTION] !== Number(action)) continue;
      if (severity !== "" && row[SEVERITY] !== Number(severity)) continue;
      if (mode !== "" && !(row[MODES] & (1 << Number(mode)))) continue;
      if (query !== "" && !lower[place].includes(query) && row[ID] !== query) continue;
      found.push(place);
    }
    const key = keys[sorted.by];
    const sign = sorted.down ? -1 : 1;
    // Rows are in the report's order, by severity and name, and sorting keeps it among equals.
    found.sort((one, other) => {
      const a = key(one), b = key(other);
      return a < b ? -sign : a > b ? sign : one - other;
    });
    order = found;
    page = 0;
    show();
  };

  const cell = (label, text, ...classes) => {
    const td = make("td", text);
    td.dataset.label = label;
    if (classes.length > 0) td.className = classes.join(" ");
    return td;
  };

  const show = () => {
    const size = Number(by("size").value);
    const last = Math.max(0, Math.ceil(order.length / size) - 1);
    page = Math.min(page, last);
    const shown = order.slice(page * size, page * size + size).map((place) => {
      const row = rows[place];
      const link = make("a", undefined, make("bdi", row[NAME]));
      link.href = `#account=${encodeURIComponent(row[ID])}`;
      const th = make("th", undefined, link);
      const action = cell("Action", words.action[row[ACTION]]);
      if (row[REASONS].length > 0) action.title = row[REASONS].map((reason) => words.reason[reason]).join("; ");
      const severity = cell("Severity", words.severity[row[SEVERITY]], ...(row[SEVERITY] === 3 ? ["strong"] : []));
      return tableRow(th, action, severity, cell("Mode", modes(row[MODES])),
        cell("Exposures", number.format(row[COUNT]), "n"), cell("Last seen", day(row[LAST])));
    });
    by("rows").replaceChildren(...shown);
    const many = order.length === rows.length ? `${number.format(rows.length)} accounts`
      : `${number.format(order.length)} of ${number.format(rows.length)} accounts`;
    by("shown").textContent = order.length === 0 ? "No account fits." : rows.length === 1 ? "1 account" : many;
    by("table").hidden = order.length === 0;
    by("page").textContent = `Page ${number.format(page + 1)} of ${number.format(last + 1)}`;
    by("previous").disabled = page === 0;
    by("next-page").disabled = page === last;
    by("pages").hidden = rows.length <= 25;
    for (const th of document.querySelectorAll("#table thead th")) {
      if (th.firstElementChild.dataset.sort === sorted.by) {
        th.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
      } else {
        th.removeAttribute("aria-sort");
      }
    }
  };

  const turn = (by_) => {
    page += by_;
    show();
    by("accounts").scrollIntoView();
  };

  for (const button of document.querySelectorAll("#table thead button")) {
    button.addEventListener("click", () => {
      const own = button.dataset.sort;
      sorted = { by: own, down: sorted.by === own ? !sorted.down : own !== "name" && own !== "action" };
      select();
    });
  }
  for (const [id, list] of [["by-action", words.action], ["by-severity", words.severity], ["by-mode", words.mode]]) {
    const options = list.map((word, place) => new Option(word, place));
    by(id).append(...(id === "by-severity" ? options.reverse() : options));
    by(id).addEventListener("change", select);
  }
  let typing = 0;
  by("query").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(select, rows.length > 20000 ? 120 : 0);
  });
  by("controls").addEventListener("submit", (event) => event.preventDefault());
  by("size").addEventListener("change", () => { page = 0; show(); });
  by("previous").addEventListener("click", () => turn(-1));
  by("next-page").addEventListener("click", () => turn(1));

  // The page of one account, under #account=ID.
  const parsed = new Map();
  const detail = (place) => {
    const part = Math.floor(place / words.share);
    if (!parsed.has(part)) parsed.set(part, JSON.parse(details[part].textContent));
    return parsed.get(part)[place % words.share];
  };

  const profile = (row, more) => {
    const passwords = more.capped ? `more than ${more.passwords}` : number.format(more.passwords);
    const facts = [
      ["Severity", words.severity[row[SEVERITY]]],
      ["Confidence", words.confidence[row[CONFIDENCE]]],
      ["Evidence", words.evidence[more.evidence]],
      ["Mode", modes(row[MODES])],
      ["Exposures", number.format(row[COUNT])],
      ["Different passwords", passwords],
      ["First seen", moment(row[FIRST])],
      ["Last seen", moment(row[LAST])],
      ["Whose account", words.kind[more.kind]],
      ...(more.known === null ? [] : [["Among the known accounts", more.known ? "Yes" : "No"]]),
      ...more.names,
      ["Id", row[ID]],
    ];
    const list = make("dl");
    list.className = "profile";
    for (const [label, value] of facts) {
      list.append(make("div", undefined, make("dt", label), make("dd", undefined, make("bdi", value))));
    }
    return list;
  };

  const exposures = (row, more) => {
    const head = ["What", "When", "Mode", "Protection", "Login", "Place"].map((label) => {
      const th = make("th", label);
      th.scope = "col";
      return th;
    });
    const body = more.exposures.map(([shape, file, at, line, column, often, id]) => {
      const one = words.shapes[shape];
      const what = make("th", one.rule);
      what.title = `${id} · ${one.cwe.map((cwe) => `CWE-${cwe}`).join(", ")}`;
      if (often > 1) what.append(` (${number.format(often)} times)`);
      const where = cell("Place", undefined, "place");
      where.append(make("code", `${words.files[file]}:${line}${column === null ? "" : `:${column}`}`));
      if (one.field !== null) where.append(" under ", make("code", one.field));
      return tableRow(what, cell("When", moment(at)), cell("Mode", one.mode),
        cell("Protection", one.protection), cell("Login", one.outcome), where);
    });
    const table = make("table", undefined, make("thead", undefined, make("tr", undefined, ...head)),
      make("tbody", undefined, ...body));
    table.className = "exposures";
    table.setAttribute("role", "table");
    const title = make("h2", more.exposures.length < row[COUNT]
      ? `Exposures, ${number.format(more.exposures.length)} of ${number.format(row[COUNT])}` : "Exposures");
    return make("section", undefined, title, table);
  };

  const title = document.title;
  let left = 0;
  const route = () => {
    const id = /^#account=(.+)$/.exec(location.hash);
    const place = id ? places.get(decodeURIComponent(id[1])) : undefined;
    const overview = by("overview"), account = by("account");
    if (place === undefined) {
      const back = !account.hidden;
      account.hidden = true;
      overview.hidden = false;
      document.title = title;
      if (back && (location.hash === "" || location.hash === "#accounts")) scrollTo({ top: left, behavior: "instant" });
      return;
    }
    const row = rows[place], more = detail(place);
    if (account.hidden) left = scrollY;
    const back = make("a", "All accounts");
    back.href = "#accounts";
    const head = make("h1", undefined, make("bdi", row[NAME]));
    head.tabIndex = -1;
    const reasons = row[REASONS].map((reason) => words.reason[reason]).join("; ");
    const lead = make("p", row[ACTION] === 0 ? "Reset the password and end the sessions of this account."
      : `Look at this account before it is reset. ${reasons}.`);
    lead.className = "lead";
    const top = make("p", undefined, back);
    top.className = "back";
    account.replaceChildren(top, head, lead, profile(row, more), exposures(row, more));
    overview.hidden = true;
    account.hidden = false;
    document.title = row[NAME];
    scrollTo({ top: 0, behavior: "instant" });
    head.focus({ preventScroll: true });
  };
  addEventListener("hashchange", route);

  by("controls").hidden = false;
  select();
  route();
})();
