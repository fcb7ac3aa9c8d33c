// Rules and events by hand, for the tests of this room.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/event.h"
#include "rules/rule.h"

namespace tocsin::detect::test {

// * and ? are wildcards, ~ is a windash; there is no escape.
inline rules::Pattern pattern(std::string_view written) {
  using Element = rules::Pattern::Element;
  rules::Pattern made;
  for (const char c : written) {
    const Element element = c == '*'   ? Element::any_run
                            : c == '?' ? Element::any_one
                            : c == '~' ? Element::dash
                                       : Element::literal;
    if (element == Element::literal && !made.pieces.empty() && made.pieces.back().element == Element::literal) {
      made.pieces.back().text += c;
    } else if (element != Element::any_run || made.pieces.empty() || made.pieces.back().element != Element::any_run) {
      made.pieces.push_back({element, element == Element::literal ? std::string(1, c) : std::string()});
    }
  }
  return made;
}

inline rules::Leaf leaf(std::string field, std::string_view written) {
  rules::Leaf made;
  made.field = std::move(field);
  made.pattern = pattern(written);
  made.written = written;
  return made;
}

// all of the leaves, and none of the others.
inline rules::Rule rule(rules::LogSource source, std::vector<rules::Leaf> leaves, std::vector<rules::Leaf> none = {}) {
  rules::Rule made;
  made.info.id = made.info.title = "rule";
  made.log_source = std::move(source);
  rules::Node root{.kind = rules::Node::Kind::all_of, .leaf = 0, .children = {}, .label = {}};
  rules::Node negated{.kind = rules::Node::Kind::none_of, .leaf = 0, .children = {}, .label = {}};
  const std::size_t positive = leaves.size();
  for (rules::Leaf& other : none) {
    leaves.push_back(std::move(other));
  }
  for (std::uint32_t at = 0; at < leaves.size(); ++at) {
    (at < positive ? root : negated).children.push_back(at);
    made.nodes.push_back({.kind = rules::Node::Kind::leaf, .leaf = at, .children = {}, .label = {}});
  }
  if (!negated.children.empty()) {
    root.children.push_back(static_cast<std::uint32_t>(made.nodes.size()));
    made.nodes.push_back(std::move(negated));
  }
  made.nodes.push_back(std::move(root));
  made.leaves = std::move(leaves);
  return made;
}

struct EventText {
  std::string channel, provider;
  std::uint32_t event_id = event::no_event_id;
  const event::LogSource* log_source = nullptr;
  std::vector<std::pair<std::string, std::string>> fields;
};

inline void add_event(event::EventBatch& batch, event::FieldTable& table, const EventText& text) {
  event::Event& event = batch.begin_event();
  event.channel = batch.arena.copy(text.channel);
  event.provider = batch.arena.copy(text.provider);
  event.event_id = text.event_id;
  event.log_source = text.log_source;
  for (const auto& [name, value] : text.fields) {
    batch.add_field(table.intern(name), batch.arena.copy(value));
  }
  batch.end_event();
}

}  // namespace tocsin::detect::test
