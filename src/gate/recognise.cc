#include "gate/recognise.h"

#include "base/check.h"
#include "gate/source.h"

namespace tocsin::gate {
namespace {

using wire::Json;

std::string titled(std::string_view what, std::string_view title) {
  return title.empty() ? std::string(what) : std::string(what) + " \"" + std::string(title) + "\"";
}

Json text_of(std::string_view text) {
  Json out;
  out.kind = Json::Kind::string;
  out.text = text;
  return out;
}

Json source_of(std::string_view format, const Json& object) {
  Json out;
  out.kind = Json::Kind::object;
  out.members.emplace_back("format", text_of(format));
  out.members.emplace_back("object", object);
  return out;
}

// A command alone, or a message with one in it: whatever the reader of sources finds a command in.
bool holds_command(const Json& object) {
  for (const auto& [rule, part] : read_source(source_of("openc2", object)).refusals) {
    if (rule == Rule::unreadable) {
      return false;
    }
  }
  return true;
}

void add(std::vector<Recognised>& out, const Json& object) {
  if (object.kind != Json::Kind::object) {
    return;
  }
  const std::string_view type = object.string_or("type", "");
  if (type == "playbook" || type == "playbook-template" || object.find("playbook_types") != nullptr ||
      object.find("workflow") != nullptr) {
    out.push_back({"cacao", titled("CACAO playbook", object.string_or("name", "")), &object});
  } else if (type == "course-of-action") {
    out.push_back({"text", titled("STIX course of action", object.string_or("name", "")), &object});
  } else if (const Json* event = object.find("Event"); event != nullptr) {
    out.push_back({"misp", titled("MISP event", event->string_or("info", "")), &object});
  } else if (object.find("Attribute") != nullptr || object.find("Tag") != nullptr ||
             object.find("meta-category") != nullptr || object.find("predicate") != nullptr) {
    out.push_back({"misp", titled("MISP object", object.string_or("name", object.string_or("info", ""))), &object});
  } else if (object.find("action") != nullptr || object.find("body") != nullptr) {
    if (holds_command(object)) {
      out.push_back({"openc2", titled("OpenC2 command", object.string_or("action", "")), &object});
    }
  }
}

}  // namespace

std::vector<Recognised> recognise(const Json& document) {
  std::vector<Recognised> out;
  const Json* objects = document.string_or("type", "") == "bundle" ? document.find("objects") : &document;
  if (objects != nullptr && objects->kind == Json::Kind::array) {
    for (const Json& object : objects->items) {
      add(out, object);
    }
  } else if (objects != nullptr) {
    add(out, *objects);
  }
  return out;
}

Verdict decide(const Recognised& document, const About& about, Time now) {
  Json line;
  line.kind = Json::Kind::object;
  for (const auto& [name, value] : {std::pair("action", about.action), std::pair("scope", about.scope),
                                    std::pair("owner", about.owner), std::pair("context", about.context)}) {
    line.members.emplace_back(name, text_of(value));
  }
  if (about.consent != nullptr) {
    line.members.emplace_back("consent", *about.consent);
  }
  line.members.emplace_back("source", source_of(document.format, *document.object));
  auto verdict = decide(line, now);
  check(verdict.has_value(), "a line of texts and a source is one that can be decided");
  return *std::move(verdict);
}

}  // namespace tocsin::gate
