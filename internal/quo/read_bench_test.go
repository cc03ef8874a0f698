package quo

import (
	"strings"
	"testing"
)

// aContact is a contact as Quo lists it.
const aContact = `{"id":"66d0d87d534de8fd1c433cec","externalId":"C-100001","source":"syncd-customers","sourceUrl":null,
	"defaultFields":{"firstName":"Ann","lastName":"Lee","company":"Acme, Inc.","role":"CTO",
		"phoneNumbers":[{"name":"mobile","value":"+14155550100","id":"66d0d87d534de8fd1c433ce1"}],
		"emails":[{"name":"work","value":"ann@example.com","id":"66d0d87d534de8fd1c433ce2"}]},
	"customFields":[{"name":"Lead Source","key":"66d0d87d534de8fd1c433c01","id":"66d0d87d534de8fd1c433ce4","type":"string","value":"Web"},
		{"name":"VIP","key":"66d0d87d534de8fd1c433c02","id":"66d0d87d534de8fd1c433ce5","type":"boolean","value":true}],
	"createdByUserId":"USabc","createdAt":"2025-03-30T17:38:07.841Z","updatedAt":"2025-03-30T17:38:07.841Z"}`

// BenchmarkPage is what a page of 50 contacts of which none changed costs: reading and hashing.
func BenchmarkPage(b *testing.B) {
	body := []byte(`{"data":[` + strings.TrimSuffix(strings.Repeat(aContact+",", 50), ",") + `],"totalItems":50,"nextPageToken":null}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		p, err := readPage(body)
		if err != nil || len(p.contacts) != 50 {
			b.Fatal(len(p.contacts), err)
		}
		for _, c := range p.contacts {
			c.ContentHash()
		}
	}
}
