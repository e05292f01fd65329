// grpc-go: makes the calls that standard input asks for (../../client_programs.py).
//
//	client DESCRIPTORS
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

type asked struct {
	Address     string            `json:"address"`
	CA          string            `json:"ca"`
	Certificate string            `json:"certificate"`
	Key         string            `json:"key"`
	Gzip        bool              `json:"gzip"`
	Method      string            `json:"method"`
	Requests    []json.RawMessage `json:"requests"`
	Take        int               `json:"take"`
	DeadlineMs  int64             `json:"deadline_ms"`
	KeepAliveMs int64             `json:"keep_alive_ms"`
	QuietMs     int64             `json:"quiet_ms"`
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func say(line any) {
	fmt.Println(string(must(json.Marshal(line))))
}

func sayMessage(message proto.Message) {
	text := must(protojson.MarshalOptions{UseProtoNames: true}.Marshal(message))
	say(map[string]json.RawMessage{"message": text})
}

func credentialsOf(a asked) credentials.TransportCredentials {
	if a.CA == "" {
		return insecure.NewCredentials()
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(must(os.ReadFile(a.CA)))
	config := &tls.Config{RootCAs: roots}
	if a.Certificate != "" {
		config.Certificates = []tls.Certificate{must(tls.LoadX509KeyPair(a.Certificate, a.Key))}
	}
	return credentials.NewTLS(config)
}

func methodOf(files *protoregistry.Files, name string) protoreflect.MethodDescriptor {
	full := protoreflect.FullName(strings.ReplaceAll(name, "/", "."))
	return must(files.FindDescriptorByName(full)).(protoreflect.MethodDescriptor)
}

func milliseconds(count int64) time.Duration {
	return time.Duration(count) * time.Millisecond
}

func connect(a asked) *grpc.ClientConn {
	options := []grpc.DialOption{grpc.WithTransportCredentials(credentialsOf(a))}
	if a.Gzip {
		options = append(options, grpc.WithDefaultCallOptions(grpc.UseCompressor(gzip.Name)))
	}
	if a.KeepAliveMs > 0 {
		every := milliseconds(a.KeepAliveMs)
		pings := keepalive.ClientParameters{Time: every, Timeout: every, PermitWithoutStream: true}
		options = append(options, grpc.WithKeepaliveParams(pings))
	}
	return must(grpc.NewClient(a.Address, options...))
}

// The error with which the call ends, nil for OK.
func run(files *protoregistry.Files, a asked) error {
	connection := connect(a)
	defer connection.Close()
	err := call(connection, files, a)
	if a.QuietMs > 0 {
		time.Sleep(milliseconds(a.QuietMs))
		err = call(connection, files, a)
	}
	return err
}

func call(connection *grpc.ClientConn, files *protoregistry.Files, a asked) error {
	ctx, cancel := context.WithTimeout(context.Background(), milliseconds(a.DeadlineMs))
	defer cancel()

	method := methodOf(files, a.Method)
	var requests []proto.Message
	for _, text := range a.Requests {
		request := dynamicpb.NewMessage(method.Input())
		if err := protojson.Unmarshal(text, request); err != nil {
			panic(err)
		}
		requests = append(requests, request)
	}
	if !method.IsStreamingServer() {
		answer := dynamicpb.NewMessage(method.Output())
		err := connection.Invoke(ctx, "/"+a.Method, requests[0], answer)
		if err == nil {
			sayMessage(answer)
		}
		return err
	}
	description := grpc.StreamDesc{ServerStreams: true, ClientStreams: method.IsStreamingClient()}
	stream, err := connection.NewStream(ctx, &description, "/"+a.Method)
	if err != nil {
		return err
	}
	go func() { // answers are read meanwhile: each side may hold the other back
		for _, request := range requests {
			stream.SendMsg(request) // RecvMsg tells why it fails
		}
		if a.Take == 0 || !method.IsStreamingClient() {
			stream.CloseSend()
		}
	}()
	for taken := 1; ; taken++ {
		answer := dynamicpb.NewMessage(method.Output())
		if err := stream.RecvMsg(answer); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		sayMessage(answer)
		if taken == a.Take {
			cancel()
		}
	}
}

func main() {
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(must(os.ReadFile(os.Args[1])), &set); err != nil {
		panic(err)
	}
	files := must(protodesc.NewFiles(&set))
	input := bufio.NewReader(os.Stdin)
	for {
		line, err := input.ReadBytes('\n')
		if err != nil {
			return
		}
		var a asked
		if err := json.Unmarshal(line, &a); err != nil {
			panic(err)
		}
		end := status.Convert(run(files, a))
		say(map[string]any{"code": end.Code(), "details": end.Message()})
	}
}
