"""Words of business databases that say the same, and words that are near. Data only.

A general thesaurus (commerce, people, forums, health, finance, projects, content, logistics), in English with the
commonest German, French and Spanish column names. Each group stands on a line of its own, an indented line goes on with
it, members are parted by commas; in `SAME` a member of several words is a phrase that is read as the first member.
"""

#: groups whose members say the same thing
SAME = """
id, identifier, ident, recid, rowid, record id, unique id, primary key
postcode, post code, postal code, zip, zip code, zipcode, postal, plz, postleitzahl, code postal, codigo postal, cep
surname, last name, lastname, family name, nachname, apellido, apellidos, nom de famille, second name, maiden name
forename, first name, firstname, given name, given names, given, vorname, prenom, primer nombre, christian name
middlename, middle name, middle initial, second forename
fullname, full name, real name, realname, complete name
birthdate, geb datum, gebdatum, geburtstag, fecha de nacimiento, date de naissance, date of birth, birth date, born
  on, born at, birthday, born, birth day, geburtsdatum, date naissance, fecha nacimiento
deathdate, date of death, death date, died on, died at, deceased at, deceased on, deceased date
gender, sex, geschlecht, sexe, sexo
salutation, honorific, name prefix, anrede, courtesy title, title of courtesy
jobtitle, job title, position title, job position, occupation, profession, job role
region, state, province, county, state province, federal state, prefecture, bundesland, provincia, state code
city, town, locality, municipality, ort, stadt, ville, ciudad, cidade
country, nation, land, pays, pais
street, street address, address line 1, address 1, street 1, address1, strasse, rue, calle, street line, street name,
  road
street2, address line 2, address 2, street 2, address2, apartment
phone, telephone, phone number, telephone number, telefon, telefono, contact number, work phone, phone no
mobile, cell, cellphone, mobile phone, cell phone, handy, movil, mobile number
fax, telefax, fax number, facsimile
email, mail, e mail, email address, mail address, courriel, correo, user email
website, web site, homepage, home page, web, web address, site url, website url
url, link, hyperlink, permalink, web link
photo, picture, image, img, foto, avatar, portrait
username, user name, login, login name, user login, nickname, nick, screen name, benutzername, logon
password, passphrase, passwd, password hash, hashed password, encrypted password, user pass, kennwort, passwort
customer, client, kunde, cliente, buyer, purchaser, patron, shopper
employee, staff, worker, personnel, mitarbeiter, employe, empleado, staff member, team member
user, member, account holder, utilisateur, usuario, benutzer, subscriber
supplier, vendor, lieferant, fournisseur, proveedor
manufacturer, brand, maker, producer, make
manager, supervisor, boss, reports to, report to, superior, line manager, reporting to
physician, doctor, practitioner, clinician, provider, arzt, medico
patient, person, paciente
encounter, visit, consultation, admission
medication, drug, medicine, medicament, pharmaceutical
diagnosis, condition, disease, illness, problem
immunization, vaccination, vaccine, shot
allergy, intolerance
order, invoice, sale, bestellung, rechnung, commande, facture, pedido, factura, purchase
orderitem, order item, order line, invoice line, invoice item, order detail, line item, order product, sale item,
  sales line, invoice detail, order position, purchase item
line, item, detail, entry, row, position, pos
product, article, good, merchandise, artikel, produit, producto, stock item
category, genre, kategorie, categorie, categoria, class, classification
price, unit price, preis, prix, precio, price each, item price, selling price
cost, unit cost, cost price, purchase price
quantity, amount ordered, count, menge, anzahl, cantidad, quantite, units, number of
amount, total, sum, value, betrag, montant, importe, total amount, amount total, grand total, total price
subtotal, sub total, net amount, net total, net, netto, amount net
tax, vat, gst, mwst, tva, iva, sales tax, tax amount
taxnumber, tax number, vat number, tax id, vat id, tin, vat no, tax no, tax code, fiscal code
discount, rebate, reduction, rabatt, remise, descuento, deduction
shipping, delivery, shipment, freight, dispatch, lieferung, livraison
billing, bill to, invoicing, rechnungs
currency, money unit, waehrung, devise, moneda, currency code
payment, settlement, zahlung, paiement, pago, remittance
due, due date, deadline, due on, due at, payable by, target date, must finish by, faellig
warehouse, depot, storehouse, lager, entrepot, almacen, stock location, storage location
stock, inventory, on hand, bestand, stock level, units in stock, stock quantity, quantity on hand
barcode, bar code, gtin
sku, product code, item code, article number, item number, product number, part number, stock code, artikelnummer
weight, mass, gewicht, poids, peso
description, details, beschreibung, descripcion, explanation, long text
summary, excerpt, abstract, teaser, intro, synopsis, introduction, short description
note, remark, comment, annotation, memo, observation, bemerkung, commentaire, nota, additional info
text, content, body, message text, contents, post text, html
title, heading, headline, caption, subject, titel, titre, titulo, topic title
name, label, designation, bezeichnung, nom, nombre, display name
slug, url key, permalink slug, seo name, url alias
post, article, entry, publication, beitrag
topic, thread, discussion, conversation
forum, board, subforum
message, nachricht
privatemessage, private message, personal message, direct message, instant message
comment, reply, response
poll, survey, vote question, umfrage
tag, keyword, label tag
page, web page, site page
attachment, enclosure, attached file, anhang
file, document, datei, fichier, archivo, upload
filename, file name, dateiname
filesize, file size, size bytes, byte size, bytes, size in bytes
mimetype, mime type, content type, file type, media mime
format, media type, file format, medium
folder, directory, dir
author, writer, poster, created by, creator, autor, auteur, written by, posted by, reporter, reported by, submitter,
  submitted by, opened by, entered by, raised by, verfasser
owner, proprietor, holder, owned by, assignee, assigned to, responsible, handler, handled by, assigned user
created, created at, created on, creation date, date created, create date, created date, date added, added on, added
  at, inserted at, create time, creation time, created time, date entered, entered on, entry date, add date, date add,
  recorded at, made at, made on, insert date, submitted at, submitted on, date submitted, submission date, submit date,
  date opened, opened at, opened on, erstellt, fecha creacion, date creation, time created, timecreated
posted, post date, posted on, posted at, post time, date posted, comment date, message date, time posted
uploaded, uploaded at, upload date, date uploaded, uploaded on
updated, updated at, updated on, modified at, modified on, last modified, modified date, date modified, update time,
  last update, last updated, date updated, changed at, changed on, change date, modification date, modify date, edited
  at, edit date, edit time, date upd, geaendert, updated date, modified, time modified, timemodified, last edited
deleted, deleted at, deleted on, removed at, date deleted, trashed at, is deleted, deletion date
registered, registered at, registration date, date registered, joined at, joined on, join date, signup date, sign up
  date, reg date, signed up at, member since
lastlogin, last login, last login at, last visit, last logged in, last seen, last access, last sign in, last active,
  last activity, last logon
published, published at, publish date, publication date, date published, published on, release date, released at,
  released on
start, von, desde, debut, inicio, begin, started, from date, date from, start date, valid from, starts at, start at,
  started at, starts on, begin date, start time, effective date, effective from, commencement, beginn
end, bis, hasta, ende, fin, stop, finish, finished, ended, to date, date to, end date, valid to, valid until, ends at,
  end at, ended at, ends on, until, finish date, finished at, end time, stop date, completion date
expiry, expires, expiration, expires at, expiry date, expiration date, expire date, expires on, exp date, valid
  through
completed, completed at, done at, finished on, completed on, date completed, closed at, closed on, close date, date
  closed
shipped, shipped at, ship date, shipped date, shipped on, dispatched at, date shipped, shipping date
delivered, delivered at, delivery date, delivered on, received at, receive date
ordered, ordered at, order date, placed at, placed on, invoice date, ordered on, date ordered, purchased at, purchase
  date, invoiced at, sold at, sale date, transaction date
paid, paid at, payment date, paid on, date paid, settled at
hired, eintrittsdatum, eintritt, fecha alta, date embauche, hired at, hire date, hired on, date hired, employment
  date, date of hire, joining date, start of employment, employed since
leftat, austrittsdatum, austritt, left at, terminated at, termination date, leave date, leaving date, left on
sent, sent at, send date, sent on, date sent, mailed at
status, state code name, condition state, zustand, statut, estado, stage, phase
type, kind, sort, art, typ, tipo, variety
active, aktiv, actif, activo, enabled, is active, is enabled, status active, in use, live, activated
disabled, discontinued, inactive, is disabled, suspended, is inactive, deactivated
visible, is visible, displayed, show, shown, published flag, is public, public
hidden, is hidden, invisible
private, is private, internal, is internal, confidential
administrator, admin, superuser, is admin, is superuser, superadmin, root
default, is default, standard, preset
position, sort order, sortorder, display order, ordering, sort, sequence, sequence number, rank, priority order, order
  by, sort index, seq no, order number in list, weighting, list order, ordinal
priority, urgency, importance, prioritaet
parent, parent id, upper, superior id, ancestor
level, depth, tier, grade
quantity, number of items
department, division, unit organization, abteilung, departement
organization, organisation, institution, agency, association
company, firm, business, enterprise, company name, firma, societe, empresa, corporation
team, squad, crew, work group
group, groupe, gruppe, grupo, user group, usergroup
role, rolle, rol, permission group, function role
permission, privilege, right, grant, access right
salary, wage, pay, remuneration, gehalt, salaire
leave, absence, vacation, holiday, time off, urlaub, conge, vacaciones, leave request, absence request
contract, agreement, vertrag, contrat, contrato
costcenter, cost center, cost centre, kostenstelle, centre de cout, centro de coste
date, datum, fecha, data dia
day, tag des monats, tage, jour, dia
year, jahr, annee, ano
month, monat, mois, mes
project, projekt, projet, proyecto, engagement
task, todo, to do, work item, activity item, aufgabe, tache, tarea
issue, ticket, case, bug, incident, support request
milestone, project phase, stage gate
timeentry, time entry, time log, timesheet entry, timesheet, work log, time record
since, seit, depuis, desde
duration, length, elapsed, run time, runtime, time spent, dauer, playing time
event, happening, occurrence, veranstaltung
appointment, booking, reservation, meeting, termin, cita
street, address
address, location, place, adresse, direccion, anschrift
venue, site, facility, premise
room, chamber, raum, salle
building, property building, gebaeude
vehicle, car, automobile, fahrzeug
driver, chauffeur, fahrer
carrier, shipper, shipping company, haulier, shipping provider, courier
route, itinerary, path route
tracking number, tracking code, tracking no, consignment number, awb
package, parcel, paket
bank account, account number, iban, account no, kontonummer
credit, credit note, credit memo
quote, quotation, estimate, offer, proposal, angebot
transaction, posting, booking entry, journal entry, ledger entry
account, ledger account, konto, compte, cuenta
balance, saldo, outstanding amount, amount due, balance due, open amount
rate, ratio, percentage, percent, percent value
exchange rate, conversion rate, fx rate, currency rate
subscription, membership, abonnement, recurring plan
plan, tariff, package plan
coupon, voucher, promo code, discount code, coupon code, gift code
review, rating comment, testimonial, feedback, evaluation
rating, score, stars, grade points, points
cart, basket, shopping cart, shopping basket, warenkorb
wishlist, wish list, favorite list
student, pupil, learner, schueler, eleve, alumno
teacher, instructor, lecturer, lehrer, professor, tutor
course, class course, subject course, kurs, cours, curso
enrollment, registration course, enrolment, matriculation
exam, test, examination, quiz, assessment
grade, mark, note grade
school, college, university
book, buch, livre, libro
publisher, publishing house, verlag
album, record album, lp
track, song, music track, recording
artist, performer, musician, band, composer artist
playlist, play list, setlist
movie, film, motion picture
actor, cast member, performer actor
rental, hire, loan, lending, ausleihe
reader, borrower, library member
language, lang, locale, sprache, langue, idioma, language code
timezone, time zone, tz
latitude, geo lat
longitude, geo lng
ip, ip address, remote addr, ip addr, client ip, user ip, poster ip, remote ip
useragent, user agent, browser
token, access token, api token, auth token, secret
key, code key, api key
code, short code, abbreviation, short name, iso code, kuerzel
number, no, nummer, numero, nr
count, counter, total number, num total, number of entries
viewcount, view count, hits, num views, number of views, page views, times viewed, hit count
replycount, reply count, num replies, number of replies, comment count, num comments, number of comments
postcount, post count, num posts, number of posts, total posts
topiccount, topic count, num topics, number of topics
history, log, audit, trail, protocol, journal
setting, preference, option, configuration, parameter, config, einstellung
metadata, extra, attributes json, properties json, custom data, extra data, additional data, meta data
parent category, parent group
locked, is locked, closed, is closed, frozen
sticky, pinned, is sticky, is pinned
approved, is approved, moderated, accepted, confirmed, verified
verified, verified at, confirmed at, is verified, is confirmed, email verified at
signature, sig, user signature, footer text
reason, cause, ground, motive
result, outcome, finding
method, means, way, mode
source, origin, provenance
target, destination, goal
width, breite
height, hoehe
color, colour, farbe
size, dimension, groesse
unit, measure unit, unit of measure, measurement unit, einheit, uom
ethnicity, ethnic group
marital, marital status, civil status, familienstand
nationality, citizenship
socialsecuritynumber, social security number, social security, ssn, national insurance number
license, licence, permit
insurance, insurer, payer, coverage
claim, insurance claim
procedure, operation, treatment, surgery, intervention
lab result, test result, laboratory result
measurement, reading, vital, vital sign
blood type, blood group
hospital, clinic, care site, health facility
prescription, rx
dose, dosage
creditcard, credit card, card number, credit card number
lead, prospect, potential customer
opportunity, deal, sales opportunity
campaign, marketing campaign
newsletter, mailing, email campaign
contact, contact person, ansprechpartner, contact name, primary contact, main contact
relationship, relation, link relation
friend, buddy, contact friend
ban, block, banned
notification, alert, notice, reminder
module, component, plugin, extension, addon
template, layout, theme template
theme, skin, style, design
menu, navigation
banner, advertisement, ad, advert
"""

#: groups whose members are often used for one another
NEAR = """
name, title, label, subject, heading, caption, term, fullname
name, surname, forename, fullname, username
first, forename
last, surname
company, name, organization, firm
customer, user, account, contact, member, person, company
user, person, employee, author, poster, contact, account, profile, customer
employee, person, worker, agent, user, officer
agent, representative, salesperson, seller, rep, employee
owner, user, author, creator, assignee, requester
author, user, member, creator, artist, composer, songwriter, lyricist
doctor, physician, employee, provider, practitioner
patient, person, client, member, customer
supplier, company, manufacturer, distributor, partner
description, note, text, comment, summary, abstract, remark, content, body
message, privatemessage, mail, conversation
text, message, note, content, value, comment
message, post, mail, note, email
post, message, topic, comment, content, item
topic, subject, post, title
content, post, page, article, item
text, raw, markdown, markup
category, group, type, section, folder, catalog, tag
category, forum, board
section, category, chapter, part
group, role, team, usergroup, class
type, category, code, class, format, mode, group
code, number, key, id, reference, symbol, abbreviation, sku
number, id, reference, identifier, index, code
reference, link, pointer, id, code
status, type, flag, active, stage
status, result, outcome, flag
active, status, visible, published, approved
visible, public, published, active
order, cart, quote, sale, transaction, booking, contract
order, purchase, request
orderitem, item, line, detail, entry, product
item, product, article, object, entity, element
invoice, bill, receipt, charge, statement
payment, transaction, receipt, charge, transfer
bill, invoice, charge
amount, price, total, cost, fee, value, sum, charge
price, cost, rate, value
fee, charge, cost, price
balance, amount, total, credit
tax, duty, levy
quantity, number, amount, count, volume, units, size
stock, quantity, warehouse, availability
shipping, address, carrier, transport
delivery, shipment, order
street, road, line
street2, street, address
address, location, city, place, street
region, area, zone, district, territory, county
district, county, area, municipality
country, region, nationality
location, place, site, venue, city, area
site, store, shop, branch, outlet, website
store, warehouse, shop, branch
phone, mobile, contact
email, contact
website, url, link
photo, file, media, attachment, logo, icon, thumbnail
file, attachment, media, upload, asset
filename, name, path, file
path, location, url, directory
date, time, timestamp, datetime, day, on, at
posted, created, published, date, time, timestamp, sent, ordered
uploaded, created, added, date
disabled, active, status, deleted
hidden, visible, private
question, title, subject, heading
answer, reply, response, body, text, content
summary, description, abstract
administrator, role, staff
created, date, added, registered, start, opened, posted, inserted, submitted
created, published, ordered, registered, time, timestamp
registered, created, joined
updated, modified, changed, edited, revised, last
ordered, created, date, placed, start
ordered, issued, billed
completed, end, closed, resolved, done
delivered, shipped, received, completed
start, date, from, open, effective, created
end, date, to, close, expiry, due, until
due, expiry, end, deadline
paid, date, completed
sent, date, created
hired, start, joined
duration, time, minutes, seconds, milliseconds, hour, period, interval
period, term, interval, cycle
hour, time, duration, amount
position, order, number, level, rank, priority, weight, index, line
priority, severity, rank, level
level, rank, grade
event, activity, action, occurrence, meeting, log
activity, task, action, log, event
task, issue, activity, item, job, work
issue, task, request, complaint
project, job, campaign, program, contract, matter
milestone, phase, stage, goal, version
appointment, visit, event, schedule, slot
schedule, calendar, shift, plan
encounter, appointment, stay, episode, event
diagnosis, procedure, observation, code
observation, measurement, result, finding, value
procedure, service, treatment
medication, prescription, dose, substance, exposure, immunization, treatment
allergy, diagnosis, observation, substance
code, concept, term
department, unit, branch, team, section, ward, office
organization, company, group, institution, department, customer
company, account, business
contact, person, phone
subscription, plan, contract, service
coupon, discount, promotion, offer
review, comment, rating, vote
rating, vote, rank, review
cart, session
course, class, module, lesson, subject, training
exam, result, grade
student, user, person
teacher, employee, user
album, collection, release
track, item, media, music
playlist, list, collection
list, collection, set
movie, media, title
language, country, translation
token, key, hash, code
password, hash, secret
key, name, code
setting, value, attribute, property, field, variable
attribute, property, field, characteristic, feature, option
value, amount, content, data, setting
metadata, data, note, information, attribute, setting
history, version, revision, change, event
log, event, entry, record
locked, status, blocked
approved, status, active
signature, text, note
reason, note, comment, description, type
method, type, gateway, provider
source, type, channel
source, from, sender, origin
destination, to, recipient, receiver
summary, title, subject, headline
watcher, monitor, follower, subscriber, observer, watch
unit, type
size, length, count, filesize
rate, value, amount, price
condition, status, type
relationship, parent, map, connection, association
friend, follower, relationship
notification, message, event
template, design, format
carrier, supplier, method
vehicle, asset, equipment, device
asset, equipment, resource, inventory
device, equipment, machine
job, position, role, jobtitle
jobtitle, title, position, role, function
salutation, title, prefix
ip, address, host
transaction, entry, payment, order
account, user, profile, customer, company
viewcount, view, count, number
replycount, reply, comment, count, number, postcount
postcount, post, count, number
topiccount, topic, count, number
leftat, end, left
"""
