package main

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// relay leads TCP connections to a database, until it cuts them.
type relay struct {
	url string // of the database through the relay

	mu       sync.Mutex
	cutUntil time.Time
	open     map[net.Conn]bool

	stalled sync.RWMutex // held for writing while nothing is led on
}

func newRelay(t *testing.T, database string) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{open: map[net.Conn]bool{}}
	network, address, through := databaseAddress(t, database, listener.Addr().String())
	r.url = through
	var connections sync.WaitGroup
	connections.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Go(func() { r.lead(client, network, address) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		r.cut(time.Hour)
		connections.Wait()
	})
	return r
}

// stall holds back all that is sent, or lets it go.
func (r *relay) stall(hold bool) {
	if hold {
		r.stalled.Lock()
	} else {
		r.stalled.Unlock()
	}
}

// leading is a connection to which nothing is led while the relay stalls.
type leading struct {
	net.Conn
	relay *relay
}

func (l leading) Write(p []byte) (int, error) {
	l.relay.stalled.RLock()
	defer l.relay.stalled.RUnlock()
	return l.Conn.Write(p)
}

// cut closes all connections, and those that come within a while.
func (r *relay) cut(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cutUntil = time.Now().Add(d)
	for conn := range r.open {
		conn.Close()
	}
}

func (r *relay) lead(client net.Conn, network, address string) {
	defer client.Close()
	server, err := net.Dial(network, address)
	if err != nil {
		return
	}
	defer server.Close()
	if !r.add(client, server) {
		return
	}
	defer r.remove(client, server)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(leading{server, r}, client)
		server.Close()
	}()
	_, _ = io.Copy(leading{client, r}, server)
	client.Close()
	<-done
}

func (r *relay) add(conns ...net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Now().Before(r.cutUntil) {
		return false
	}
	for _, conn := range conns {
		r.open[conn] = true
	}
	return true
}

func (r *relay) remove(conns ...net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, conn := range conns {
		delete(r.open, conn)
	}
}
