package contact

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// ParseNumber reads a cell as an exact decimal number of any size; its normal form has no exponent and no
// superfluous zeros. Text may group its thousands where that is beyond doubt ("1,234.50", "1.234,50",
// "1,234,567"); "1,234" and "12,5" mean different things to different people and are errors, and so are
// currencies, units and, outside of cells typed as numbers, exponents.
func ParseNumber(cell Cell) (Value, error) {
	s, err := cellText(cell)
	if err != nil || s == "" {
		return Value{}, err
	}
	switch cell.Type {
	case CellText:
		s, err = ungroup(strings.ReplaceAll(s, "−", "-")) // U+2212, the minus sign of word processors
	case CellNumber:
	default:
		err = errNoNumber
	}
	if err != nil {
		return Value{}, err
	}
	n, ok := NormalizeNumber(s)
	if !ok {
		return Value{}, errNoNumber
	}
	return Value{Norm: n, Text: n}, nil
}

var (
	errNoNumber  = errors.New("this is not a number: write digits only, such as 1234.5")
	errAmbiguous = errors.New("the comma may stand for thousands or for a decimal point: write 1234 or 12.34")
	errExponent  = errors.New("the number is in scientific notation, which may have lost digits: type it again in full")
)

// The ways to write a number, once the sign is off.
var (
	plainNumber      = regexp.MustCompile(`^(\d+\.?\d*|\.\d+)$`)
	pointNumber      = regexp.MustCompile(`^\d{1,3}((,\d{3})+\.\d+|(,\d{3}){2,})$`)         // 1,234.50 or 1,234,567
	commaNumber      = regexp.MustCompile(`^\d{1,3}((\.\d{3})+,\d+|(\.\d{3}){2,})$`)        // 1.234,50 or 1.234.567
	ambiguousNumber  = regexp.MustCompile(`^[\d.,]*\d[\d.,]*$`)                             // 1,234 or 12,5
	scientificNumber = regexp.MustCompile(`^[+-]?(\d+[.,]?\d*|[.,]\d+)[eE]([+-]?\d{1,9})$`) // 5.55E+09
)

// ungroup takes the marks for thousands out of a number that a person wrote and makes its decimal mark a point.
func ungroup(s string) (string, error) {
	digits := strings.TrimLeft(s, "+-")
	sign := s[:len(s)-len(digits)]
	switch {
	case len(sign) > 1:
		return "", errNoNumber
	case plainNumber.MatchString(digits):
		return s, nil
	case pointNumber.MatchString(digits):
		return sign + strings.ReplaceAll(digits, ",", ""), nil
	case commaNumber.MatchString(digits):
		return sign + strings.Replace(strings.ReplaceAll(digits, ".", ""), ",", ".", 1), nil
	case ambiguousNumber.MatchString(digits):
		return "", errAmbiguous
	case scientificNumber.MatchString(s):
		return "", errExponent
	}
	return "", errNoNumber
}

// maxExponent bounds how long a normal form may get: the largest float64 has 309 digits.
const maxExponent = 400

// NormalizeNumber returns the normal form of a decimal number as programs write it, JSON's exponents included:
// "5.0" and "5e0" give "5", "-0" gives "0". Anything else is not ok.
func NormalizeNumber(s string) (n string, ok bool) {
	exponent := 0
	if m := scientificNumber.FindStringSubmatch(s); m != nil && !strings.Contains(s, ",") {
		exponent, _ = strconv.Atoi(m[2])
		s = s[:strings.IndexAny(s, "eE")]
	}
	digits := strings.TrimLeft(s, "+-")
	sign := s[:len(s)-len(digits)]
	if len(sign) > 1 || !plainNumber.MatchString(digits) || exponent > maxExponent || exponent < -maxExponent {
		return "", false
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	whole, fraction = shiftPoint(whole, fraction, exponent)
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	switch {
	case whole == "" && fraction == "":
		return "0", true
	case whole == "":
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return strings.TrimPrefix(sign, "+") + whole, true
}

// shiftPoint moves the decimal point by n digits, to the right when n is positive.
func shiftPoint(whole, fraction string, n int) (string, string) {
	if n >= 0 {
		fraction += strings.Repeat("0", max(0, n-len(fraction)))
		return whole + fraction[:n], fraction[n:]
	}
	whole = strings.Repeat("0", max(0, -n-len(whole))) + whole
	cut := len(whole) + n
	return whole[:cut], whole[cut:] + fraction
}
