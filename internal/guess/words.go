package guess

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The names of columns, as plain writes them: in English, French, Spanish and German.
var (
	firstNameWords = []string{"firstname", "first", "fname", "givenname", "forename", "prenom", "prenoms", "nombredepila", "primernombre", "vorname"}
	lastNameWords  = []string{"lastname", "last", "lname", "surname", "familyname", "nomdefamille", "apellido", "apellidos", "primerapellido",
		"nachname", "familienname", "zuname"}
	// A name beside a first name is the last name; alone it is both.
	nameWords     = []string{"name", "nom", "nombre"}
	fullNameWords = []string{"fullname", "customername", "customer", "clientname", "contactname", "contact", "nomcomplet", "nometprenom",
		"prenometnom", "nomprenom", "nomduclient", "nomclient", "client", "nombrecompleto", "nombreyapellido", "nombreyapellidos", "cliente",
		"nombredelcliente", "vollstandigername", "vornachname", "kunde", "kundenname", "ansprechpartner"}
	companyWords = []string{"company", "companyname", "organization", "organisation", "business", "businessname", "account", "accountname",
		"employer", "entreprise", "societe", "raisonsociale", "nomdelentreprise", "empresa", "compania", "organizacion", //nolint:misspell // Spanish
		"razonsocial",
		"firma", "firmenname", "unternehmen", "betrieb"}
	roleWords = []string{"title", "jobtitle", "role", "position", "job", "occupation", "titre", "fonction", "poste", "metier", "cargo",
		"puesto", "rol", "titel", "funktion", "rolle", "berufsbezeichnung", "stelle"}

	contactIDWords = []string{"contactid", "quoid", "quocontactid", "openphoneid", "openphonecontactid"}
	keyWords       = []string{"id", "key", "uid", "uuid", "externalid", "customerid", "customernumber", "customerno", "customercode", "custid", "custno", "clientid",
		"clientnumber", "contactid", "accountid", "accountnumber", "accountno", "memberid", "membernumber", "recordid", "identifiant",
		"idclient", "codeclient", "numeroclient", "numeroduclient", "nclient", "noclient", "reference", "ref", "idcliente", "codigo",
		"codigocliente", "codigodecliente", "numerodecliente", "numerocliente", "kundennummer", "kundennr", "kdnr", "kundenid", "mitgliedsnummer", "kennung"}
	// What may number the lines as well as the customers.
	countWords = []string{"", "no", "nr", "num", "number", "n", "row", "line", "numero", "ligne", "fila", "linea", "zeile", "nummer", "lfdnr"}

	addressWords  = []string{"address", "mailingaddress", "postaladdress", "adresse", "adressepostale", "anschrift", "postanschrift", "direccion", "direccionpostal", "domicilio"}
	birthdayWords = []string{"birthday", "birthdate", "dateofbirth", "dob", "anniversaire", "datedenaissance", "cumpleanos", "fechadenacimiento", "nacimiento", "geburtstag", "geburtsdatum"}
	websiteWords  = []string{"website", "web", "url", "homepage", "siteweb", "site", "sitioweb", "paginaweb", "webseite", "internetseite"}

	salutations = []string{"mr", "mrs", "ms", "miss", "dr", "prof", "m", "mme", "mlle", "sr", "sra", "srta", "herr", "frau", "drmed", "profdr"}
)

// A label is what a phone number or an e-mail is called in Quo, and the parts of a column's name that mean it.
type label struct {
	name  string
	parts []string
}

// The first label without parts is that of columns whose name says only what stands there.
var (
	phoneLabels = []label{
		{"work", []string{"work", "office", "business", "company", "professionnel", "telpro", "bureau", "travail", "trabajo", "oficina", "empresa",
			"geschaft", "dienst", "buro", "firma", "arbeit"}},
		{"home", []string{"home", "landline", "domicile", "fixe", "casa", "fijo", "privat", "festnetz"}},
		{"mobile", []string{"mobil", "cell", "handy", "portable", "movil", "celular"}},
		{"mobile", nil}, {"work", nil}, {"home", nil}, {"other", nil},
	}
	emailLabels = []label{
		{"personal", []string{"personal", "private", "privat", "home", "perso", "casa"}},
		{"work", nil}, {"personal", nil}, {"other", nil},
	}
	phoneParts = []string{"phone", "telefon", "tel", "handy", "mobil", "cell", "portable", "movil", "celular", "fixe", "fijo", "festnetz", "rufnummer"}
	emailParts = []string{"mail", "courriel", "correo", "mel"}
	faxParts   = []string{"fax", "telecopie"}
)

var accents = strings.NewReplacer("ß", "ss", "ø", "o", "œ", "oe", "æ", "ae", "ł", "l")

// plain is a name in lower case, without accents, spaces and punctuation.
func plain(name string) string {
	name = norm.NFD.String(accents.Replace(strings.ToLower(name)))
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, name)
}

func containsAny(word string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(word, part) })
}

// plural counts things in words.
func plural(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
