package main

import "fmt"

var firstNames = []string{
	"Aaliyah", "Abigail", "Adrián", "Agnieszka", "Amara", "Andre", "Angela", "Anh", "Beatriz", "Benjamin", "Björn",
	"Brandon", "Camille", "Carlos", "Chidi", "Chloé", "Curtis", "Daniela", "Darnell", "Deepak", "Denise", "Diego",
	"Dorothy", "Elif", "Emeka", "Emily", "Esteban", "Fatima", "Felix", "François", "Gabriela", "Gloria", "Hannah",
	"Harold", "Hye-jin", "Imani", "Ingrid", "Isaac", "Jamal", "Jane Ann", "Jasmine", "Jesús", "Jiří", "Jolene", "José",
	"Joyce", "Kareem", "Keiko", "Kofi", "Latoya", "Leilani", "Liam", "Lucía", "Luis", "Mai", "Malik", "Marcus",
	"María José", "Marisol", "Mei", "Miguel", "Monique", "Nadia", "Nathan", "Noor", "Olga", "Omar", "Patrice", "Pavel",
	"Priya", "Quinn", "Rachel", "Rashid", "René", "Rosa", "Sanjay", "Siobhan", "Sofía", "Stella", "Søren", "Tamika",
	"Tomás", "Tran", "Tyrone", "Valentina", "Vanessa", "Walter", "Xiomara", "Yusuf", "Zoë",
}

var lastNames = []string{
	"Abernathy", "Adeyemi", "Álvarez", "Baptiste", "Bergström", "Blackwood", "Bouchard", "Caldwell", "Castañeda", "Chen",
	"Chowdhury", "Cohen", "D'Amico", "Dąbrowski", "Delgado", "Doyle", "Eriksen", "Fairbanks", "Feldman", "Fitzgerald",
	"Fontaine", "Gallagher", "García", "Goldberg", "Gunnarsson", "Gutiérrez", "Hadley", "Hargrove", "Hassan", "Ibáñez",
	"Ito", "Jackson", "Jefferson", "Johansson", "Kaminski", "Kaur", "Kowalski", "Lindqvist", "López", "MacKenzie",
	"Mbeki", "McAllister", "Mendoza", "Müller", "Nakamura", "Nguyen", "Novak", "Núñez", "O'Brien", "O'Connor", "Okafor",
	"Olsen", "Ortiz", "Park", "Patel", "Pérez", "Petrov", "Quiñones", "Ramírez", "Reyes", "Rossi", "Saint-Pierre",
	"Sandoval", "Schneider", "Schröder", "Shapiro", "Silva", "Sørensen", "St. James", "Sullivan", "Takahashi", "Thibodeaux",
	"Tremblay", "Underwood", "van der Berg", "Vargas", "Wang", "Washington", "Weiß", "Whitfield", "Yamamoto", "Zhang",
}

var companies = []string{
	"%s Plumbing & Heating", "%s Bakery", "Café %s", "%s & Sons, Inc.", "%s Landscaping", "%s Family Dental", "Law Office of %s",
	"%s Auto Repair", "%s Yoga", "The %s Gallery", "%s Roofing, LLC", "%s Veterinary Clinic", "%s Realty", "%s Catering",
	"%s Bookkeeping", "%s Florist", "%s Electric", "%s Framing \"& More\"",
}

var titles = []string{
	"Owner", "owner", "Office Manager", "Office Mgr.", "Co-owner", "General Manager", "Bookkeeper", "Head of Purchasing",
	"Front desk", "",
}

var streets = []string{
	"Maple St", "Oak Avenue", "W 3rd St, Apt 4", "County Road 12", "Elm St.", "Harbor Blvd", "Mission St, Suite 200", "Peachtree Ln",
}

var towns = []string{
	"Springfield, IL 62701", "Portland, OR 97205", "Oakland, CA 94607", "Albany, NY 12207", "Austin, TX 78701",
	"Savannah, GA 31401", "Burlington, VT 05401", "Santa Fe, NM 87501",
}

var (
	leadSources = []string{"Referral", "referral", "Website", "Walk-in", "Instagram", "Home Show 2024", "Google", "", ""}
	vipWords    = []string{"x", "X", "yes", "Yes", "no", "No", "", "", "", "", "", ""}
	tagWords    = []string{"wholesale", "newsletter", "net-30", "tax exempt", "holiday card", "spanish"}
	dateForms   = []string{"2006-01-02", "2006-01-02", "2006-01-02", "Jan 2, 2006", "2 January 2006", "2006/1/2"}
	notesTexts  = []string{
		"Prefers text messages", "Call after 5pm, works nights", "Asked for a quote, \"nothing fancy\"", "Gate code at the office",
		"Moved in March\nnew address above", "Do not call on Saturdays", "Knows the Hadleys", "owes us a review :)",
	}
	phoneForms = []string{
		"(AAA) EEE-NNNN", "(AAA) EEE-NNNN", "(AAA)EEE-NNNN", "AAA-EEE-NNNN", "AAA-EEE-NNNN", "AAA.EEE.NNNN", "AAAEEENNNN",
		"AAA EEE NNNN", "+1 AAA EEE NNNN", "+1AAAEEENNNN", "1-AAA-EEE-NNNN", "1 (AAA) EEE-NNNN", " AAA-EEE-NNNN ", "AAA/EEE-NNNN",
		"001 AAA EEE NNNN", "'AAA-EEE-NNNN", "tel:+1-AAA-EEE-NNNN",
	}
	areaCodes     = []string{"212", "217", "312", "404", "415", "503", "505", "512", "617", "802", "912"}
	moreAreaCodes = []string{
		"201", "203", "207", "215", "216", "240", "301", "302", "304", "315", "401", "410", "412", "413", "419", "434", "440",
		"508", "513", "518", "540", "570", "585", "603", "607", "610", "614", "631", "704", "716",
	}
)

// foreignNames are family names and given names that no e-mail address spells.
var foreignNames = []string{
	"王 小明", "田中 さくら", "김 민준", "Шевченко Олена", "Παπαδόπουλος Δημήτρης", "الأحمد محمد", "Nguyễn Thị-Hương", "Şahin Çağla",
}

// names returns each first name with each last name.
func names() []string {
	all := make([]string, 0, len(firstNames)*len(lastNames))
	for _, first := range firstNames {
		for _, last := range lastNames {
			all = append(all, first+"\t"+last)
		}
	}
	return all
}

// numbers returns the numbers for examples of each area code, ten digits each.
func numbers(areaCodes []string) []string {
	var all []string
	for _, code := range areaCodes {
		for n := range 100 {
			all = append(all, fmt.Sprintf("%s55501%02d", code, n))
		}
	}
	return all
}
