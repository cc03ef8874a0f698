package postgres

// childVariable makes the test binary one of the children, on the state that its argument names.
const childVariable = "SYNCD_POSTGRES_TEST_CHILD"

var children = map[string]func(url string) error{}
