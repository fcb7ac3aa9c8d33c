#include "council/bundle.h"

#include <fmt/format.h>

#include "council/limits.h"
#include "council/paper_gate.h"
#include "trust/digest.h"
#include "wire/json.h"

namespace tocsin::council {
namespace {

constexpr std::string_view before_kind = "{\"is\":\"";
constexpr std::string_view before_value = "\",\"value\":";

void add_line(std::string& out, std::string_view kind, std::string_view value) {
  out += before_kind;
  out += kind;
  out += before_value;
  const std::size_t at = out.size();
  out += value;
  for (std::size_t i = at; i < out.size(); ++i) {
    if (out[i] == '\n' || out[i] == '\r') {
      out[i] = ' ';
    }
  }
  out += "}\n";
}

struct Line {
  std::string_view kind;
  std::string_view value;
};

bool split(std::string_view line, Line& out) {
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  if (!line.starts_with(before_kind) || !line.ends_with('}')) {
    return false;
  }
  line.remove_prefix(before_kind.size());
  const std::size_t end = line.find('"');
  if (end == std::string_view::npos || !line.substr(end).starts_with(before_value)) {
    return false;
  }
  out.kind = line.substr(0, end);
  out.value = line.substr(end + before_value.size());
  out.value.remove_suffix(1);
  return !out.value.empty();
}

}  // namespace

std::string write_bundle(const Item& item, const std::vector<std::string>& readings, std::vector<std::string>* left_out,
                         const std::vector<std::string>& proofs) {
  std::string out;
  std::size_t lines = 1;
  const auto add = [&](std::string_view kind, std::string_view value) {
    add_line(out, kind, value);
    ++lines;
  };
  add_line(out, "bundle",
           "{\"item\":\"" + consult::hex(item.id()) + "\",\"type\":\"tocsin-consultation\",\"version\":1}");
  add("roster", item.roster_json());
  for (const std::string& key : item.keys()) {
    add("key", key);
  }
  for (const Item::Held& held : item.entries()) {
    add("entry", held.json);
  }
  const std::set<std::string> named = draft_digests(item);
  // A text that was never tabled stays here.
  std::set<std::string> texts;
  for (const auto& [digest, manifest] : item.manifests()) {
    if (named.contains(digest)) {
      add("manifest", manifest.canonical);
      for (const Manifest::Version& version : manifest.texts) {
        texts.insert(version.sha256);
      }
    }
  }
  for (const std::string& digest : texts) {
    if (const Text* text = item.text(digest)) {
      add("text", text_json(*text));
    }
  }
  for (const Paper* paper : item.papers().in_order()) {
    if (const auto passed = pass_gate(item, *paper, "export"); passed) {
      add("paper", paper->json);
    } else if (left_out != nullptr) {
      left_out->push_back(passed.error().message);
    }
  }
  for (const std::string& reading : readings) {
    add("reading", reading);
  }
  for (const std::string& proof : proofs) {
    std::string text;
    wire::append_json_string(text, proof);
    add("proof", text);
  }
  const std::string digest = trust::sha256_hex(out);
  add_line(out, "end", fmt::format("{{\"lines\":{},\"sha256\":\"{}\"}}", lines, digest));
  return out;
}

Result<Bundle> read_bundle(std::string_view text) {
  if (text.size() > limits::journal_bytes_max) {
    return failure(ErrorCode::limit, "the bundle is longer than a gigabyte");
  }
  Bundle out;
  std::size_t number = 0;
  const std::string_view all = text;
  const auto problem = [&](std::string_view why) {
    if (out.problems_total++ < limits::problems_max) {
      out.problems.push_back(fmt::format("line {}: {}", number, why));
    }
  };
  std::size_t at = 0;
  while (at < all.size()) {
    const std::size_t begin = at;
    const std::size_t end = std::min(all.find('\n', at), all.size());
    at = end + 1;
    const std::string_view line = all.substr(begin, end - begin);
    ++number;
    Line parts;
    const bool readable = line.size() <= limits::line_bytes_max && split(line, parts);
    if (number == 1) {
      const auto json = readable && parts.kind == "bundle" ? wire::parse_json(parts.value)
                                                           : Result<wire::Json>(failure(ErrorCode::syntax, {}));
      const auto item = json ? consult::parse_hash(json->string_or("item", "")) : std::nullopt;
      if (!item || json->string_or("type", "") != "tocsin-consultation") {
        return failure(ErrorCode::unknown_format, "this is no exported consultation", {.line = 1},
                       "'tocsin consult export' makes one");
      }
      if (const wire::Json* version = json->find("version"); version == nullptr || version->text != "1") {
        return failure(ErrorCode::unknown_format, "the bundle is of another version than 1", {.line = 1});
      }
      out.item = *item;
      continue;
    }
    out.whole = false;
    if (!readable) {
      problem("it is no line of a bundle");
    } else if (parts.kind == "entry") {
      out.entries.emplace_back(parts.value);
    } else if (parts.kind == "roster") {
      out.rosters.emplace_back(parts.value);
    } else if (parts.kind == "text") {
      out.texts.emplace_back(parts.value);
    } else if (parts.kind == "manifest") {
      out.manifests.emplace_back(parts.value);
    } else if (parts.kind == "key") {
      out.keys.emplace_back(parts.value);
    } else if (parts.kind == "paper") {
      out.papers.emplace_back(parts.value);
    } else if (parts.kind == "reading") {
      out.readings.emplace_back(parts.value);
    } else if (parts.kind == "proof") {
      const auto json = wire::parse_json(parts.value);
      json && json->kind == wire::Json::Kind::string ? out.proofs.push_back(json->text)
                                                     : problem("it is no proof of a log");
    } else if (parts.kind == "end") {
      const auto json = wire::parse_json(parts.value);
      out.whole = json && json->string_or("sha256", "") == trust::sha256_hex(all.substr(0, begin));
    } else {
      problem("a later version wrote it: it is not looked at");
    }
  }
  return out;
}

std::set<std::string> draft_digests(const Item& item) {
  std::set<std::string> out;
  for (const Item::Held& held : item.entries()) {
    if (held.entry->well_formed && held.entry->kind == consult::Kind::draft) {
      out.insert(body_text(*held.entry, "text_sha256"));
    }
  }
  return out;
}

}  // namespace tocsin::council
