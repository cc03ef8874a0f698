package main

import (
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// A second signal ends the process at once, although a client still keeps the server from ending well.
func TestSecondSignal(t *testing.T) {
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "sandbox", "serve", "--file", "quo.json", "--listen", "127.0.0.1:0")
	cmd.Args[0], cmd.Dir = "syncd", t.TempDir()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // it may have ended
	line := make([]byte, len("http://127.0.0.1:12345\n"))
	n, err := stdout.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", string(line[len("http://"):n-1]))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("GET /v1/contacts HTTP/1.1\r\n")); err != nil {
		t.Fatal(err)
	}
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitQuit {
		t.Errorf("%v, want exit code %d", err, exitQuit)
	}
}
