#include "stix/document.h"

#include <algorithm>

#include "base/limits.h"

namespace tocsin::stix {
namespace {

ErrorCode code_of(wire::JsonFault fault) {
  switch (fault) {
    case wire::JsonFault::encoding:
      return ErrorCode::encoding;
    case wire::JsonFault::too_deep:
    case wire::JsonFault::too_long:
      return ErrorCode::limit;
    default:
      return ErrorCode::syntax;
  }
}

std::unexpected<Error> wrong(ErrorCode code, std::string message, std::size_t offset) {
  return failure(code, std::move(message), {.source = {}, .line = 0, .column = 0, .offset = offset});
}

}  // namespace

Result<void> Document::parse(std::string_view text) {
  text_ = text;
  nodes_.clear();
  unescaped_used_ = 0;
  if (const wire::JsonFault fault = reader_.open(text); fault != wire::JsonFault::none) {
    return wrong(code_of(fault), std::string(wire::fault_text(fault)), 0);
  }
  auto read_all = read();
  if (!read_all) {
    nodes_.clear();
  }
  return read_all;
}

std::string_view Document::plain(std::string_view escaped, bool& flawed) {
  if (!wire::has_escape(escaped)) {
    return escaped;
  }
  // All escaped texts together are no longer than the text; room for it is taken once, so that views stay good.
  if (unescaped_used_ == 0 && unescaped_room_ < text_.size() + wire::unescape_slack) {
    unescaped_room_ = text_.size() + wire::unescape_slack;
    unescaped_ = std::make_unique_for_overwrite<char[]>(unescaped_room_);
  }
  char* const out = unescaped_.get() + unescaped_used_;
  const wire::Unescaped done = wire::unescape_json(escaped, out);
  unescaped_used_ += std::max<std::size_t>(done.bytes, 1);
  flawed = flawed || done.repaired || !done.valid;
  return {out, done.bytes};
}

Result<void> Document::read() {
  using wire::JsonToken;
  NodeIndex open = no_node;
  std::string_view name;
  bool flawed = false;
  for (;;) {
    const JsonToken token = reader_.next();
    switch (token) {
      case JsonToken::end:
        return {};
      case JsonToken::fault:
        return wrong(code_of(reader_.fault()), std::string(wire::fault_text(reader_.fault())), reader_.offset());
      case JsonToken::key:
        flawed = false;
        name = plain(reader_.text(), flawed);
        continue;
      case JsonToken::end_object:
      case JsonToken::end_array: {
        Node& node = nodes_[open];
        node.next = static_cast<std::uint32_t>(nodes_.size());
        node.end = static_cast<std::uint32_t>(reader_.offset() + 1);
        open = open == 0 ? no_node : node.parent;
        continue;
      }
      default:
        break;
    }
    if (nodes_.size() == limits::json_values_max) {
      return wrong(ErrorCode::limit, "too many values in one text", reader_.offset());
    }
    const auto at = static_cast<NodeIndex>(nodes_.size());
    Node& node = nodes_.emplace_back();
    node.parent = open == no_node ? 0 : open;
    node.position = open == no_node ? 0 : nodes_[open].count++;
    node.begin = static_cast<std::uint32_t>(reader_.offset());
    node.next = at + 1;
    if (open != no_node && nodes_[open].kind == Node::Kind::object) {
      node.name = name;
      node.flawed = flawed;
    }
    flawed = false;
    const std::string_view text = reader_.text();
    switch (token) {
      case JsonToken::begin_object:
      case JsonToken::begin_array:
        node.kind = token == JsonToken::begin_object ? Node::Kind::object : Node::Kind::array;
        open = at;
        continue;
      case JsonToken::string:
        node.kind = Node::Kind::string;
        node.end = node.begin + static_cast<std::uint32_t>(text.size()) + 2;
        node.text = plain(text, node.flawed);
        continue;
      case JsonToken::number:
        node.kind = Node::Kind::number;
        node.text = text;
        break;
      case JsonToken::true_value:
      case JsonToken::false_value:
        node.kind = Node::Kind::boolean;
        node.boolean = token == JsonToken::true_value;
        break;
      default:
        break;
    }
    node.end = node.begin + static_cast<std::uint32_t>(text.size());
  }
}

NodeIndex Document::find(NodeIndex object, std::string_view name) const {
  if (nodes_[object].kind != Node::Kind::object) {
    return no_node;
  }
  for (NodeIndex at = first(object); at != no_node; at = after(at)) {
    if (nodes_[at].name == name) {
      return at;
    }
  }
  return no_node;
}

std::string_view Document::string(NodeIndex object, std::string_view name) const {
  const NodeIndex at = find(object, name);
  return at != no_node && nodes_[at].kind == Node::Kind::string ? nodes_[at].text : std::string_view{};
}

std::string Document::pointer(NodeIndex at) const {
  std::vector<NodeIndex> way;
  for (; at != 0; at = nodes_[at].parent) {
    way.push_back(at);
  }
  std::string out;
  for (auto step = way.rbegin(); step != way.rend(); ++step) {
    out += '/';
    const Node& node = nodes_[*step];
    if (nodes_[node.parent].kind == Node::Kind::array) {
      out += std::to_string(node.position);
      continue;
    }
    for (const char c : node.name) {
      c == '~' ? out += "~0" : c == '/' ? out += "~1" : out += c;
    }
  }
  return out;
}

}  // namespace tocsin::stix
