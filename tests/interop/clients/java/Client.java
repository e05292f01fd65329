import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.util.JsonFormat;
import io.grpc.CallOptions;
import io.grpc.ChannelCredentials;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** grpc-java: makes the calls that standard input asks for (../../client_programs.py). Argument: DESCRIPTORS. */
public class Client {
  private static final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private final Map<String, Descriptors.FileDescriptor> files = new HashMap<>();

  public static void main(String[] args) throws Exception {
    Client client = new Client(FileDescriptorSet.parseFrom(Files.readAllBytes(Path.of(args[0]))));
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line; (line = input.readLine()) != null; ) {
      Status end = client.run(JsonParser.parseString(line).getAsJsonObject());
      JsonObject said = new JsonObject();
      said.addProperty("code", end.getCode().value());
      said.addProperty("details", end.getDescription() == null ? "" : end.getDescription());
      out.println(said);
    }
  }

  /** A file comes after those that it imports. */
  private Client(FileDescriptorSet set) throws Exception {
    for (FileDescriptorProto file : set.getFileList()) {
      var imports = file.getDependencyList().stream().map(files::get);
      files.put(file.getName(), Descriptors.FileDescriptor.buildFrom(
          file, imports.toArray(Descriptors.FileDescriptor[]::new)));
    }
  }

  /** Answers the status with which the call ends. */
  private Status run(JsonObject asked) throws Exception {
    ManagedChannel channel = connect(asked);
    try {
      Status end = call(channel, asked);
      long quietMs = asked.get("quiet_ms").getAsLong();
      if (quietMs == 0) return end;
      Thread.sleep(quietMs);
      return call(channel, asked);
    } finally {
      channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }
  }

  private static ManagedChannel connect(JsonObject asked) throws Exception {
    var builder = Grpc.newChannelBuilder(asked.get("address").getAsString(), credentialsOf(asked));
    long keepAliveMs = asked.get("keep_alive_ms").getAsLong();
    if (keepAliveMs > 0)
      builder.keepAliveTime(keepAliveMs, TimeUnit.MILLISECONDS)
          .keepAliveTimeout(keepAliveMs, TimeUnit.MILLISECONDS)
          .keepAliveWithoutCalls(true);
    return builder.build();
  }

  private Status call(ManagedChannel channel, JsonObject asked) throws Exception {
    Descriptors.MethodDescriptor method = methodOf(asked.get("method").getAsString());
    List<DynamicMessage> requests = new ArrayList<>();
    for (JsonElement text : asked.getAsJsonArray("requests")) {
      DynamicMessage.Builder request = DynamicMessage.newBuilder(method.getInputType());
      JsonFormat.parser().merge(text.toString(), request);
      requests.add(request.build());
    }
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(
        asked.get("deadline_ms").getAsLong(), TimeUnit.MILLISECONDS);
    if (asked.get("gzip").getAsBoolean()) options = options.withCompression("gzip");
    try {
      var call = channel.newCall(typed(asked.get("method").getAsString(), method), options);
      if (!method.isServerStreaming()) {
        say(ClientCalls.blockingUnaryCall(call, requests.get(0)));
        return Status.OK;
      }
      int take = asked.get("take").getAsInt();
      var answers = new Answers(call, take);
      StreamObserver<DynamicMessage> to = ClientCalls.asyncBidiStreamingCall(call, answers);
      requests.forEach(to::onNext);
      if (take == 0 || !method.isClientStreaming()) to.onCompleted();
      return answers.end.get();
    } catch (StatusRuntimeException error) {
      return error.getStatus();
    }
  }

  private Descriptors.MethodDescriptor methodOf(String name) {
    String[] parts = name.split("/");
    for (var file : files.values())
      for (var service : file.getServices())
        if (service.getFullName().equals(parts[0])) return service.findMethodByName(parts[1]);
    throw new IllegalArgumentException(name);
  }

  private static MethodDescriptor<DynamicMessage, DynamicMessage> typed(
      String name, Descriptors.MethodDescriptor method) {
    var type = !method.isServerStreaming() ? MethodDescriptor.MethodType.UNARY
        : method.isClientStreaming() ? MethodDescriptor.MethodType.BIDI_STREAMING
        : MethodDescriptor.MethodType.SERVER_STREAMING;
    return MethodDescriptor.<DynamicMessage, DynamicMessage>newBuilder()
        .setType(type)
        .setFullMethodName(name)
        .setRequestMarshaller(marshaller(method.getInputType()))
        .setResponseMarshaller(marshaller(method.getOutputType()))
        .build();
  }

  private static MethodDescriptor.Marshaller<DynamicMessage> marshaller(Descriptors.Descriptor type) {
    return ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(type));
  }

  private static ChannelCredentials credentialsOf(JsonObject asked) throws Exception {
    if (asked.get("ca").isJsonNull()) return InsecureChannelCredentials.create();
    var builder = TlsChannelCredentials.newBuilder();
    builder.trustManager(new File(asked.get("ca").getAsString()));
    if (!asked.get("certificate").isJsonNull())
      builder.keyManager(new File(asked.get("certificate").getAsString()),
                         new File(asked.get("key").getAsString()));
    return builder.build();
  }

  private static void say(DynamicMessage message) throws Exception {
    JsonObject said = new JsonObject();
    String text = JsonFormat.printer().preservingProtoFieldNames().print(message);
    said.add("message", JsonParser.parseString(text));
    out.println(said);
  }

  private static class Answers implements StreamObserver<DynamicMessage> {
    final CompletableFuture<Status> end = new CompletableFuture<>();
    private final ClientCall<?, ?> call;
    private int left;

    Answers(ClientCall<?, ?> call, int take) {
      this.call = call;
      left = take;
    }

    @Override
    public void onNext(DynamicMessage message) {
      try {
        say(message);
      } catch (Exception error) {
        throw new IllegalStateException(error);
      }
      if (--left == 0) call.cancel("enough", null);
    }

    @Override
    public void onError(Throwable error) {
      end.complete(Status.fromThrowable(error));
    }

    @Override
    public void onCompleted() {
      end.complete(Status.OK);
    }
  }
}
