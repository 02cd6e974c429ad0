"""Single words of business databases: abbreviations, plurals, roles, words that say little. Data only, no rules."""

#: short form -> what it stands for
ABBREVIATIONS = """
abbr abbreviation; abbrev abbreviation; abs absolute; acc account; acct account; act active; addr address; adr
address; adm admin; agt agent; alloc allocation; alt alternative; amnt amount; amt amount; ann annual; app
application; appl application; appt appointment; apt apartment; arr arrival; art article; asgn assignment; assoc
association; attach attachment; attr attribute; auth authentication; auto automatic; aux auxiliary; avail available;
ave avenue; avg average; bal balance; bday birthdate; bdate birthdate; beg begin; bgn begin; bldg building; bin
binary; biz business; bk book; brd board; br branch; btn button; calc calculated; cal calendar; camp campaign; cap
capacity; cat category; categ category; cd code; cert certificate; cfg config; chg charge; chk check; clm claim; cmpny
company; cnt count; cntr center; cntry country; ctry country; co company; col column; coll collection; com comment;
comm comment; cmnt comment; comp company; conf configuration; config configuration; cont contact; contr contract; conv
conversion; corp corporation; corr correspondence; crea created; cred credit; crncy currency; ccy currency; cur
currency; curr currency; cust customer; custno customer number; cty city; ctx context; dat date; db database; dbl
double; dept department; desc description; descr description; descrip description; dest destination; det detail; dtl
detail; dev device; diag diagnosis; dim dimension; dir directory; disc discount; dist district; distr distributor; div
division; dlv delivery; dlvry delivery; dob birthdate; doc document; docs document; dod deathdate; dr debit; dstrct
district; dt date; dtm datetime; dttm datetime; dur duration; edu education; eff effective; ein taxnumber; elem
element; em email; eml email; emp employee; empl employee; empno employee number; enc encounter; env environment; eq
equal; equip equipment; err error; est estimated; evt event; ex example; excl excluded; exch exchange; exec execution;
exp expiry; expr expression; ext extension; fac facility; fav favorite; fld field; fn forename; fname forename; fmt
format; freq frequency; frm form; func function; fwd forward; gen gender; geo geography; gov government; govt
government; gp group; grp group; gtin barcode; hdr header; hist history; hosp hospital; hq headquarters; hr hour; hrs
hour; ht height; iban iban; ident identifier; idx index; img image; imgs image; impl implementation; incl included;
ind indicator; info information; init initial; inst institution; instr instruction; int internal; intl international;
inv invoice; invno invoice number; invt inventory; iss issue; itm item; kw keyword; lang language; lat latitude; lbl
label; len length; lic license; licence license; lim limit; lvl level; ln surname; lname surname; loc location; lng
longitude; lon longitude; long longitude; ltd limited; maint maintenance; mfg manufacturing; mfr manufacturer; manuf
manufacturer; mgr manager; mgmt management; max maximum; med medication; meds medication; mem member; mbr member; memb
member; meta metadata; min minimum; misc miscellaneous; mob mobile; mod modified; mon month; mgt management; mnth
month; mnt month; mkt market; mktg marketing; mname middlename; msg message; msgs message; msrmnt measurement; mtg
meeting; mth month; mult multiple; nat nationality; nbr number; nb number; neg negative; nm name; nr number; nummer
number; numero number; num number; nums number; numb number; obj object; obs observation; occ occupation; opt option;
opts option; ord order; ordno order number; org organization; orig original; pay payment; pag page; pct percent; perc
percent; perm permission; perms permission; pers person; ph phone; phn phone; phys physician; pic picture; pkg
package; pmt payment; pymt payment; pol policy; pop population; pos position; poss possible; pref preference; prefs
preference; prev previous; pri primary; prio priority; prc price; prj project; proj project; proc procedure; prod
product; prods product; prof profile; prog program; prom promotion; promo promotion; prop property; props property;
prov province; prv private; pt patient; ptr pointer; priv private; pm private message; pms private message; pub
public; publ publisher; pur purchase; purch purchase; pw password; passwd password; pwd password; pass password; px
procedure; qlty quality; qual quality; qty quantity; qnty quantity; qtr quarter; ques question; rcv receive; rcvd
received; rcpt receipt; recd received; rec record; recip recipient; ref reference; refs reference; reg registration;
regd registered; rel relation; rep representative; repr representative; req request; reqd required; res resource; resp
response; rev revision; rm room; rng range; rte route; rx prescription; sal salary; sched schedule; schd schedule; sec
second; secs second; sect section; sel selected; sem semester; seq sequence; sess session; sev severity; sig
signature; spec specification; specs specification; sp special; src source; srv service; svc service; ssn
socialsecuritynumber; st state; stat status; std standard; stmt statement; str street; stud student; subcat
subcategory; subj subject; subs subscription; abt abteilung; abteil abteilung; bez bezeichnung; bem bemerkung; anz
anzahl; tl telefon; subtot subtotal; sum total; supp supplier; suppl supplier; surg surgery; sym symbol; sys system;
tbl table; tech technical; tel phone; telno phone number; temp temperature; term term; tgt target; thru through; thumb
thumbnail; tm time; tmp temporary; tmpl template; tot total; tpl template; trans transaction; transp transport; trx
transaction; txn transaction; ts timestamp; tstamp timestamp; txt text; typ type; tz timezone; uid user id; univ
university; uom unit; upd updated; usr user; util utility; val value; vals value; var variable; veh vehicle; ven
vendor; vend vendor; ver version; vers version; vis visible; vol volume; wgt weight; wh warehouse; whse warehouse; wk
week; wt weight; xfer transfer; yr year; yrs year; zip postcode; ms millisecond; millis millisecond; msec millisecond;
kb kilobyte; mb megabyte; pk id; fk id; lft left; rgt right; cmt comment; cr credit; bill billing; ship shipping; cc
creditcard; cvv securitycode; ltv lifetimevalue; sku sku; upc barcode; ean barcode; isbn isbn; uri url; href url; www
url; ip ip; ua useragent; mime mimetype; ctime created; mtime modified; atime accessed; crdate created; tstmp
timestamp; stamp timestamp; posn position; coy company; mgmnt management; subm submission; nav navigation; perf
performance; cal calendar; dep department; sch school; tchr teacher; stdnt student; crs course; enrl enrollment; inspn
inspection; asst assistant
"""

#: what a person is to a row: such a word names a user where no table is called so
PERSON_ROLES = frozenset(
    """
author poster owner creator assignee approver reviewer editor moderator reporter sender recipient receiver writer
requester submitter manager supervisor responsible handler operator agent representative uploader organizer host
voter subscriber follower updater modifier deleter locker closer starter inviter invitee
""".split()
)

#: tables of persons, the likeliest first
PERSON_TABLES = ("user", "member", "account", "employee", "staff", "person", "customer", "contact")

#: words that carry little by themselves
STOP_WORDS = frozenset(
    """
a an and are as at be by can do does for from has have in into is it its of on or per that the to was with
""".split()
)

#: words that are whole though they could be cut in two
WHOLE_WORDS = frozenset(
    """
android arid avoid bid candid covid fluid grid hybrid invalid kid liquid maid mid paid prepaid unpaid overpaid rapid
repaid said solid squid valid void outside inside beside update upload download backup lookup setup signup login logout
logon username password datetime timestamp timezone database metadata website webhook homepage keyword layout checkout
subtotal forename surname nickname postcode zipcode barcode mimetype filename filesize birthdate deathdate middlename
fullname jobtitle lastlogin orderitem taxnumber creditcard securitycode useragent timeentry lifetimevalue subcategory
socialsecuritynumber weekday workday workflow timesheet payroll passport network notebook handbook understand
another already background template candidate mandate private climate estimate corporate associate certificate
duplicate delegate generate translate automate donate validate activate coordinate chocolate
""".split()
)

#: plurals that no rule gives
IRREGULAR = {
    "people": "person", "persons": "person", "children": "child", "men": "man", "women": "woman", "feet": "foot",
    "teeth": "tooth", "mice": "mouse", "indices": "index", "indexes": "index", "matrices": "matrix",
    "vertices": "vertex", "analyses": "analysis", "diagnoses": "diagnosis", "criteria": "criterion", "data": "data",
    "media": "media", "news": "news", "series": "series", "species": "species", "status": "status",
    "statuses": "status", "bus": "bus", "buses": "bus", "address": "address", "addresses": "address", "taxes": "tax",
    "cases": "case", "databases": "database", "purchases": "purchase", "licenses": "license", "licences": "license",
    "expenses": "expense", "responses": "response", "courses": "course", "houses": "house", "warehouses": "warehouse",
    "phases": "phase", "releases": "release", "leases": "lease", "causes": "cause", "clauses": "clause",
    "bases": "base", "uses": "use", "movies": "movie", "cookies": "cookie", "ties": "tie",
    "sizes": "size", "prizes": "prize", "caches": "cache", "axes": "axis", "lens": "lens", "campus": "campus",
    "bonus": "bonus", "virus": "virus", "leaves": "leave", "employees": "employee", "wives": "wife", "lives": "life",
    "stuff": "stuff", "staff": "staff", "hours": "hour", "has": "has", "is": "is", "was": "was", "its": "its",
    "gas": "gas", "alias": "alias", "aliases": "alias", "always": "always",
    "gps": "gps", "sms": "sms", "css": "css", "dns": "dns", "rss": "rss",
    "vms": "vm", "sales": "sale", "goods": "good", "units": "unit", "starts": "start", "expires": "expires",
    "ends": "end", "days": "day", "chassis": "chassis", "basis": "basis", "tennis": "tennis", "this": "this",
    "plus": "plus", "corps": "corps", "canvas": "canvas", "atlas": "atlas", "focus": "focus", "census": "census",
    "ts": "ts", "ms": "ms", "kunden": "kunde", "bestellungen": "bestellung", "rechnungen": "rechnung",
    "projekten": "projekt", "produkte": "produkt", "auftrage": "auftrag", "bis": "bis", "tage": "tage",
}  # fmt: skip

#: In what an amount is told, and not of what: "price_cents" is no "fee_cents". In the singular.
UNITS = frozenset("cent pence rappen centime euro eur dollar usd gbp chf percent pct".split())
