#include "transport/http/router.h"

#include <absl/container/inlined_vector.h>

#include <array>
#include <deque>
#include <optional>

#include "base/check.h"
#include "transport/http/ascii.h"

namespace slipway::http {

// One segment of the patterns: literal children first, then parameters ("{name}" with an optional
// literal ending, longer endings first).
struct Router::Node {
  struct Literal {
    std::string text;
    Node* next;
  };
  struct Parameter {
    std::string name;
    std::string suffix;
    Node* next;
  };
  std::vector<Literal> literals;
  std::vector<Parameter> parameters;
  std::array<int, 8> route_of_method{-1, -1, -1, -1, -1, -1, -1, -1};
  bool ends = false;        // some pattern ends here
  bool any_case = false;    // one whose literals match without case
  std::deque<Node>* arena;  // where new nodes are made; owned by the root's holder

  explicit Node(std::deque<Node>* a) : arena(a) {}
  Node* Child(std::string_view segment);
};

namespace {

constexpr size_t kMaxSegments = 16;

struct Segment {
  std::string_view text;
  std::optional<std::string> decoded;
  std::string_view view() const { return decoded ? std::string_view(*decoded) : text; }
};
using Segments = absl::InlinedVector<Segment, 8>;

// False on bad percent-encoding. A path of more segments than any pattern has is cut: it matches
// none.
bool Split(std::string_view path, Segments& out) {
  while (!path.empty() && out.size() <= kMaxSegments) {
    path.remove_prefix(1);  // the '/'
    const size_t end = path.find('/');
    Segment segment{path.substr(0, end), std::nullopt};
    if (segment.text.find('%') != std::string_view::npos) {
      segment.decoded = PercentDecode(segment.text);
      if (!segment.decoded) return false;
    }
    out.push_back(std::move(segment));
    path.remove_prefix(end == std::string_view::npos ? path.size() : end);
  }
  return true;
}

std::string_view ShortPath(std::string_view path) { return path.substr(0, 256); }

}  // namespace

Router::Node* Router::Node::Child(std::string_view segment) {
  const size_t open = segment.find('{'), close = segment.find('}');
  if (open == std::string_view::npos) {
    for (Literal& literal : literals)
      if (literal.text == segment) return literal.next;
    return literals.emplace_back(std::string(segment), &arena->emplace_back(arena)).next;
  }
  SLIPWAY_CHECK(open == 0 && close != std::string_view::npos && close > 1,
                "a parameter stands at the beginning of its segment");
  const std::string_view name = segment.substr(1, close - 1), suffix = segment.substr(close + 1);
  for (Parameter& parameter : parameters)
    if (parameter.name == name && parameter.suffix == suffix) return parameter.next;
  auto at = parameters.begin();
  while (at != parameters.end() && at->suffix.size() >= suffix.size()) ++at;
  return parameters
      .insert(at, Parameter{std::string(name), std::string(suffix), &arena->emplace_back(arena)})
      ->next;
}

// Depth-first with the literal first, so that "/a/{x}/d" is found beside "/a/b/c", and what is
// written as the pattern is before what is not. The depth is that of our own patterns.
struct Router::Search {
  const Segments& segments;
  RouteParams& params;
  std::array<const Node::Parameter*, kMaxSegments + 1> taken{};

  /// @param exact  so far literals were met in their own case.
  const Node* Find(const Node& node, size_t depth, bool exact = true) {
    if (depth == segments.size()) return node.ends && (exact || node.any_case) ? &node : nullptr;
    const std::string_view segment = segments[depth].view();
    taken[depth] = nullptr;
    for (const bool same : {true, false})
      for (const Node::Literal& literal : node.literals) {
        if (!EqualsIgnoreCase(literal.text, segment) || (literal.text == segment) != same) continue;
        if (const Node* found = Find(*literal.next, depth + 1, exact && same)) return found;
        taken[depth] = nullptr;
      }
    for (const Node::Parameter& parameter : node.parameters) {
      const std::string_view suffix = parameter.suffix;
      if (segment.size() < suffix.size() + (suffix.empty() ? 0 : 1)) continue;
      const std::string_view ending = segment.substr(segment.size() - suffix.size());
      if (!EqualsIgnoreCase(ending, suffix)) continue;
      taken[depth] = &parameter;
      if (const Node* found = Find(*parameter.next, depth + 1, exact && ending == suffix))
        return found;
    }
    return nullptr;
  }

  /// kBadRequest for a parameter without text.
  Status FillParams() {
    params.Clear();
    for (size_t i = 0; i < segments.size(); ++i) {
      if (taken[i] == nullptr) continue;
      std::string_view value = segments[i].view();
      value.remove_suffix(taken[i]->suffix.size());
      if (value.empty())
        return Error(Reason::kBadRequest, "expected a {}, got an empty one", taken[i]->name);
      params.Add(taken[i]->name, std::string(value));
    }
    return OkStatus();
  }
};

struct Router::Tree {
  std::deque<Node> nodes;  // stable addresses
};

Router::Node& Router::NodeFor(std::string_view pattern) {
  if (!tree_) {
    tree_ = std::make_shared<Tree>();
    tree_->nodes.emplace_back(&tree_->nodes);
  }
  SLIPWAY_CHECK(pattern.starts_with('/'), "a pattern begins with a slash");
  Node* node = &tree_->nodes.front();
  size_t depth = 0;
  for (std::string_view rest = pattern; !rest.empty(); ++depth) {
    rest.remove_prefix(1);
    const size_t end = rest.find('/');
    node = node->Child(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end);
  }
  SLIPWAY_CHECK(depth <= kMaxSegments, "a pattern has at most 16 segments");
  node->ends = true;
  return *node;
}

void Router::Add(Route route) {
  Node& node = NodeFor(route.pattern);
  node.any_case |= route.any_case;
  int& slot = node.route_of_method[static_cast<size_t>(route.method)];
  SLIPWAY_CHECK(slot < 0, "a method and pattern is added once");
  slot = static_cast<int>(routes_.size());
  routes_.push_back(std::move(route));
}

void Router::Replace(Route route) {
  const int slot = NodeFor(route.pattern).route_of_method[static_cast<size_t>(route.method)];
  if (slot < 0)
    Add(std::move(route));
  else
    routes_[static_cast<size_t>(slot)] = std::move(route);
}

std::string Router::AllowedMethods(const Node& node, uint8_t allowed) const {
  std::string list;
  const auto add = [&](std::string_view name) {
    list.append(list.empty() ? "" : ", ").append(name);
  };
  for (const int index : node.route_of_method) {
    if (index < 0 || !(Bit(routes_[index].access) & allowed)) continue;
    add(NameOf(routes_[index].method));
    if (routes_[index].method == Method::kGet) add("HEAD");
  }
  if (!list.empty()) add("OPTIONS");
  return list;
}

const Route* Router::Match(Exchange& exchange, uint8_t allowed) const {
  const Request& request = exchange.request_;
  const auto refuse = [&](const Status& why) {
    RespondWithError(why, exchange.request_id_, exchange.response_);
    return nullptr;
  };
  Segments segments;
  if (request.path == "*") {  // OPTIONS about the server as a whole
    exchange.response_.status = 204;
    return nullptr;
  }
  if (!Split(request.path, segments))
    return refuse(Error(Reason::kBadRequest, "path \"{}\": a \"%\" without two hexadecimal digits",
                        ShortPath(request.path)));
  Search search{segments, exchange.params_};
  const Node* const node =
      tree_ && segments.size() <= kMaxSegments ? search.Find(tree_->nodes.front(), 0) : nullptr;
  if (node == nullptr)
    return refuse(Error(Reason::kNotFound, "no such path: {}", ShortPath(request.path)));

  int index = node->route_of_method[static_cast<size_t>(request.method)];
  if (index < 0 && request.method == Method::kHead)
    index = node->route_of_method[static_cast<size_t>(Method::kGet)];
  if (index >= 0 && (Bit(routes_[index].access) & allowed)) {
    if (routes_[index].is_grpc != exchange.is_grpc_)
      return refuse(exchange.is_grpc_
                        ? Error(Reason::kNotFound, "no such method: {}", ShortPath(request.path))
                        : Error(Reason::kUnsupportedCoding, "{}: expected a gRPC call over HTTP/2",
                                ShortPath(request.path)));
    if (const Status filled = search.FillParams(); !filled.ok())
      return refuse(Annotate(filled, ShortPath(request.path)));
    exchange.route_ = routes_[index].pattern;
    exchange.offered_ = allowed;
    return &routes_[index];
  }
  const std::string methods = AllowedMethods(*node, allowed);
  if (methods.empty())
    return refuse(Error(Reason::kNotFound, "no such path: {}", ShortPath(request.path)));
  if (request.method == Method::kOptions) {
    exchange.response_.status = 204;
  } else {
    refuse(Error(Reason::kMethodNotAllowed, "{}: expected {}", ShortPath(request.path), methods));
  }
  exchange.response_.AddHeader("Allow", methods);
  return nullptr;
}

void Router::Dispatch(Exchange& exchange, uint8_t allowed) const {
  if (exchange.matched_ == nullptr) exchange.matched_ = Match(exchange, allowed);
  if (exchange.matched_ != nullptr)
    exchange.matched_->handler(exchange);
  else
    exchange.Send();
}

}  // namespace slipway::http
