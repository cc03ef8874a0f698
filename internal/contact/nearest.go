package contact

// maxWord is the length from which a word is no misspelling of another.
const maxWord = 100

// Nearest returns the one of words that word most probably stands for, "" when none is close: a slip in a short
// word, two or three in longer ones. Case does not count.
func Nearest(word string, words []string) string {
	if len(word) > maxWord {
		return ""
	}
	near, best := "", min(1+len(word)/5, 3)+1
	for _, w := range words {
		if len(w) > maxWord {
			continue
		}
		if d := distance(Fold(word), Fold(w)); d < best && d < len(w) {
			near, best = w, d
		}
	}
	return near
}

// distance counts the slips between two words: a letter too many, too few or wrong, or two neighbours swapped.
// (Levenshtein's distance with transpositions, in bytes.)
func distance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range len(b) {
		d[0][j+1] = j + 1
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			wrong := 1
			if a[i-1] == b[j-1] {
				wrong = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+wrong)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
