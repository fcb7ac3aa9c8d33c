// tocsin stix convert: bundles to JSON lines and back, indicators to CSV or a plain list.
#include <fmt/format.h>

#include <array>

#include "app/command.h"
#include "app/standard_output.h"
#include "app/stix_files.h"
#include "stix/bundle.h"
#include "stix/document.h"
#include "stix/pattern.h"
#include "trust/uuid.h"

namespace tocsin::app {
namespace {

struct KnownPath {
  std::string_view path, type;
};
constexpr std::array<KnownPath, 11> known_paths = {{{"ipv4-addr:value", "ipv4"},
                                                    {"ipv6-addr:value", "ipv6"},
                                                    {"domain-name:value", "domain"},
                                                    {"url:value", "url"},
                                                    {"email-addr:value", "email"},
                                                    {"mac-addr:value", "mac"},
                                                    {"file:name", "filename"},
                                                    {"file:hashes.MD5", "md5"},
                                                    {"file:hashes.'SHA-1'", "sha1"},
                                                    {"file:hashes.'SHA-256'", "sha256"},
                                                    {"file:hashes.'SHA-512'", "sha512"}}};

struct Value {
  std::string_view type;
  std::string text;
};

// The values of a pattern that is nothing but a list of them: comparisons with = or IN, joined by OR alone.
bool list_values(const stix::Pattern& pattern, std::vector<Value>& out) {
  using Observation = stix::ObservationNode::Kind;
  using Expression = stix::ExpressionNode::Kind;
  for (const stix::ObservationNode& node : pattern.observations) {
    if (node.kind != Observation::observation && node.kind != Observation::any_of) {
      return false;
    }
  }
  for (const stix::ExpressionNode& node : pattern.expressions) {
    if (node.kind == Expression::all_of) {
      return false;
    }
  }
  for (const stix::Comparison& comparison : pattern.comparisons) {
    const bool equal =
        comparison.op == stix::ComparisonOperator::equal || comparison.op == stix::ComparisonOperator::in;
    const std::string path = stix::path_text(comparison.path);
    std::string_view type;
    for (const KnownPath& known : known_paths) {
      if (known.path == path) {
        type = known.type;
      }
    }
    if (!equal || comparison.negated || type.empty()) {
      return false;
    }
    for (const stix::Literal& literal : comparison.values) {
      if (literal.kind != stix::Literal::Kind::string) {
        return false;
      }
      out.push_back({type, literal.text});
    }
  }
  return true;
}

std::string cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    return std::string(text);
  }
  std::string out = "\"";
  for (const char c : text) {
    out += c == '"' ? std::string("\"\"") : std::string(1, c);
  }
  return out + '"';
}

class Converter {
 public:
  explicit Converter(std::string form) : form_(std::move(form)) {
    if (form_ == "csv") {
      put("type,value,id,name,valid_from,valid_until,revoked\n");
    }
  }
  ~Converter() = default;
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  Result<void> add(std::string_view bytes) {
    TRY_VOID(document_.parse(bytes));
    if (form_ == "jsonl" || form_ == "bundle") {
      const std::string line = stix::on_one_line(bytes);
      if (form_ == "bundle") {
        put(objects_ == 0 ? "{\"type\":\"bundle\",\"objects\":[\n" : ",\n");
        // The id follows from the objects: the same objects give the same bundle.
        identity_ = trust::uuid_of_content(identity_ + line);
      }
      put(line);
      if (form_ == "jsonl") {
        put("\n");
      }
      ++objects_;
      return {};
    }
    ++objects_;
    if (document_.string(0, "type") == "indicator") {
      add_indicator();
    }
    return {};
  }

  void end() {
    if (form_ == "bundle") {
      put(objects_ == 0 ? "{\"type\":\"bundle\"" : "\n]");
      put(",\"id\":\"bundle--" + (identity_.empty() ? trust::uuid_of_content("") : identity_) + "\"}\n");
    }
    flush();
  }

  std::string summary() const {
    if (form_ == "jsonl" || form_ == "bundle") {
      return fmt::format("{} objects", objects_);
    }
    return fmt::format(
        "{} values of {} indicators; {} indicators are more than a list of values, or in another language", values_,
        indicators_, left_out_);
  }

 private:
  void add_indicator() {
    ++indicators_;
    std::vector<Value> values;
    const auto pattern = stix::parse_pattern(document_.string(0, "pattern"));
    if (document_.string(0, "pattern_type") != "stix" || !pattern || !list_values(*pattern, values)) {
      ++left_out_;
      return;
    }
    const stix::NodeIndex revoked = document_.find(0, "revoked");
    const bool withdrawn = revoked != stix::no_node && document_[revoked].boolean;
    for (const Value& value : values) {
      if (form_ == "list") {
        if (withdrawn || value.text.find_first_of("\r\n") != std::string::npos) {
          continue;
        }
        put(value.text + "\n");
      } else {
        put(fmt::format("{},{},{},{},{},{},{}\n", value.type, cell(value.text), cell(document_.string(0, "id")),
                        cell(document_.string(0, "name")), cell(document_.string(0, "valid_from")),
                        cell(document_.string(0, "valid_until")), withdrawn ? "true" : "false"));
      }
      ++values_;
    }
  }

  void put(std::string_view text) {
    out_ += text;
    if (out_.size() > (std::size_t{1} << 16)) {
      flush();
    }
  }
  void flush() {
    write_out(out_);
    out_.clear();
  }

  std::string form_, identity_, out_;
  stix::Document document_;
  std::uint64_t objects_ = 0, indicators_ = 0, left_out_ = 0, values_ = 0;
};

int run_convert(const Arguments& arguments) {
  const std::string form = arguments.value("--to").value_or("");
  if (form != "jsonl" && form != "bundle" && form != "csv" && form != "list") {
    return report_error({ErrorCode::usage,
                         "--to takes jsonl, bundle, csv or list" + (form.empty() ? "" : ", not '" + form + "'"),
                         {},
                         {}});
  }
  bool failed = false;
  Converter converter(form);
  for (const std::string& name : arguments.positional) {
    const auto file = read_stix_file(name);
    if (!file) {
      report_error(file.error());
      failed = true;
      continue;
    }
    for (const StixFile::Item& item : file->objects) {
      if (const auto added = converter.add(item.bytes); !added) {
        Error error = added.error();
        error.where = {.source = name, .line = item.line};
        report_error(error);
        failed = true;
      }
    }
  }
  converter.end();
  message(converter.summary());
  return failed ? exit_failed : exit_nothing_found;
}

}  // namespace

extern const Command command_stix_convert;
const Command command_stix_convert = {
    .name = "stix convert",
    .doc = "Turn STIX bundles into JSON lines, and back, or into lists",
    .about =
        "FILE is a bundle, an object, a list of objects, or JSON lines of these; the result goes to stdout.\n\n--to "
        "jsonl "
        "writes one object a line: its author's bytes, without the whitespace between them. --to bundle writes one "
        "bundle of all objects of all files; its id follows from them. --to csv writes type, value, id, name, "
        "valid_from, "
        "valid_until and revoked for each value of the indicators whose STIX pattern is a list of addresses, names, "
        "URLs "
        "or hashes (= and IN, joined by OR); --to list only the values, without the revoked ones. Indicators whose "
        "pattern says more cannot be a list without changing their meaning: they are left out and counted. A file or "
        "object that cannot be read is exit code 2; the rest is converted.",
    .example = "tocsin stix convert --to jsonl bundle.json",
    .positional = "FILE…",
    .positional_min = 1,
    .options = {{"--to", "jsonl|bundle|csv|list", "What to write"}},
    .run = run_convert,
};

}  // namespace tocsin::app
