package acceptance

import (
	"strings"
	"testing"

	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/message"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	invalid      = codes.InvalidArgument
	notFound     = codes.NotFound
	exists       = codes.AlreadyExists
	precondition = codes.FailedPrecondition
	denied       = codes.PermissionDenied
)

// tooLong is longer than any name may be.
var tooLong = strings.Repeat("x", 201)

// failing makes a call of a table of its answer, which nobody looks at.
func failing[T any](call func() (T, error)) func() error {
	return func() error {
		_, err := call()
		return err
	}
}

// refusal is a row of a table of wrong input: what is wrong, the code, the documented error id (or the field of the contract that
// breaks a rule, such as AddOrgRequest.Name), and the call.
type refusal struct {
	what string
	code codes.Code
	id   string
	call func() error
}

// refuses checks a table of wrong input.
func refuses(t *testing.T, rows []refusal) {
	t.Helper()
	for _, row := range rows {
		t.Run("refused: "+row.what, func(t *testing.T) { refused(t, row.code, row.id, row.call()) })
	}
}

// refused checks that a call was refused with this code and this id or field.
func refused(t *testing.T, code codes.Code, id string, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("the call was answered")
	}
	told := status.Convert(err)
	if told.Code() != code {
		t.Fatalf("expected %s with %s, but it was refused with %v", code, id, err)
	}
	if strings.Contains(id, ".") {
		if !strings.Contains(told.Message(), "invalid "+id+":") {
			t.Fatalf("expected the field %s, but it was refused with %v", id, err)
		}
		return
	}
	if !strings.HasSuffix(told.Message(), "("+id+")") {
		t.Fatalf("expected %s, but it was refused with %v", id, err)
	}
	for _, detail := range told.Details() {
		if detail, ok := detail.(*message.ErrorDetail); ok && detail.Id != id {
			t.Fatalf("the detail names %s instead of %s", detail.Id, id)
		}
	}
}

// equal checks that two values are equal.
func equal[T comparable](t *testing.T, seen, expected T) {
	t.Helper()
	if seen != expected {
		t.Fatalf("expected %v, but it is %v", expected, seen)
	}
}

// same checks that two lists have the same entries in the same order.
func same[T comparable](t *testing.T, seen, expected []T) {
	t.Helper()
	equal(t, len(seen), len(expected))
	for index := range expected {
		equal(t, seen[index], expected[index])
	}
}

// names gives something of every entry of a list.
func names[T any, N any](list []T, of func(T) N) []N {
	found := make([]N, 0, len(list))
	for _, entry := range list {
		found = append(found, of(entry))
	}
	return found
}
