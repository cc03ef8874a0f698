package planpage_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"syncd/internal/planpage"
)

const hostile = `</script><img src=x onerror=alert(1)>"'&` + "`${x}`"

func written(t *testing.T) *html.Node {
	t.Helper()
	page := planpage.Page{Made: "today", Syncs: []planpage.Sync{{Name: "customers", Summary: "1 create in Quo", Notes: []string{hostile}, Groups: []planpage.Group{
		{Kind: "create", Title: "contact to create in Quo", Records: []planpage.Record{{Key: hostile, Name: hostile, Why: hostile,
			Fields: []planpage.Field{{Name: hostile, Values: []planpage.Value{{Title: hostile, Text: hostile}}}}}}},
		{Kind: "problem", Title: "problems", Hint: hostile, Records: []planpage.Record{{Key: "row 7"}, {Key: "row 9"}}},
	}}}}
	var b bytes.Buffer
	if err := planpage.Write(&b, page); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// all returns the elements of a name.
func all(root *html.Node, name string) (found []*html.Node) {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			found = append(found, n)
		}
	}
	return found
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textOf(root *html.Node) string {
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	}
	return b.String()
}

// What people wrote is text, wherever it stands, and nothing else.
func TestEscaped(t *testing.T) {
	root := written(t)
	for _, name := range []string{"img", "iframe", "link", "object", "form", "a"} {
		if n := len(all(root, name)); n > 0 {
			t.Errorf("the page has %d elements %s", n, name)
		}
	}
	if n := len(all(root, "script")); n != 1 {
		t.Errorf("%d scripts, want the page's own", n)
	}
	if n := strings.Count(textOf(all(root, "body")[0]), hostile); n != 8 {
		t.Errorf("the text stands there %d times, want 8", n)
	}
}

// Nothing is loaded from elsewhere, and the browser would not let it.
func TestSelfContained(t *testing.T) {
	root := written(t)
	for n := range root.Descendants() {
		for _, name := range []string{"src", "href", "srcset", "action", "style"} {
			if v := attribute(n, name); v != "" {
				t.Errorf("<%s %s=%q>", n.Data, name, v)
			}
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s> has a handler %s", n.Data, a.Key)
			}
		}
	}
	if css := textOf(all(root, "style")[0]); strings.Contains(css, "url(") || strings.Contains(css, "@import") {
		t.Error("the style loads something")
	}
	guarded := slices.ContainsFunc(all(root, "meta"), func(n *html.Node) bool {
		return attribute(n, "http-equiv") == "Content-Security-Policy" && strings.HasPrefix(attribute(n, "content"), "default-src 'none';")
	})
	if !guarded {
		t.Error("no Content-Security-Policy keeps the page from loading anything")
	}
}

// Each kind that is there can be filtered, with its number.
func TestKinds(t *testing.T) {
	var kinds []string
	for _, label := range all(written(t), "label") {
		kinds = append(kinds, strings.Join(strings.Fields(textOf(label)), " "))
	}
	if want := []string{"create 1", "problem 2"}; !slices.Equal(kinds, want) {
		t.Errorf("kinds %q, want %q", kinds, want)
	}
}
