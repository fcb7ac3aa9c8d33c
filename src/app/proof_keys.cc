#include "app/proof_keys.h"

#include "app/standard_output.h"
#include "app/whole_file.h"
#include "base/text.h"
#include "base/time.h"
#include "report/visible.h"
#include "stix/limits.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

constexpr std::size_t line_bytes_max = 65'536;

template <typename Take>
Result<void> each_key(const std::string& argument, Take take) {
  // What is typed is a key where it reads as one: the names of few files have two plus signs.
  if (take(argument)) {
    return {};
  }
  TRY(const File file, open_input(argument));
  LineReader lines(file.get(), line_bytes_max);
  for (std::uint64_t number = 1; auto line = lines.next(); ++number) {
    if (*line && (trim(**line).empty() || (*line)->starts_with('#'))) {
      continue;
    }
    auto taken = *line ? take(**line) : Result<void>(std::unexpected(line->error()));
    if (!taken) {
      taken.error().where.source = argument;
      taken.error().where.line = number;
      return taken;
    }
  }
  return {};
}

std::string time_text(std::uint64_t seconds) {
  // Beyond the year 9999 there is no text for it.
  constexpr std::uint64_t last = 253'402'300'799;
  return seconds > last ? fmt::format("second {}", seconds)
                        : rfc3339(Time::from_seconds(static_cast<std::int64_t>(seconds)));
}

}  // namespace

Result<stix::ProofKeys> read_proof_keys(const Arguments& arguments) {
  if (!arguments.has("--key")) {
    return failure(ErrorCode::usage, "a proof is verified with --key", {},
                   "the log's key (name+hash+key), or a file with it and with public keys of authors");
  }
  stix::ProofKeys out;
  for (const std::string& argument : arguments.values("--key")) {
    TRY_VOID(each_key(argument, [&](std::string_view line) -> Result<void> {
      if (trim(line).starts_with('{')) {
        return out.authors.add(line);
      }
      TRY(out.logs.emplace_back(), trust::parse_verifier_key(trim(line)));
      return {};
    }));
  }
  for (const std::string& argument : arguments.values("--witness")) {
    TRY_VOID(each_key(argument, [&](std::string_view line) -> Result<void> {
      TRY(out.witnesses.emplace_back(), trust::parse_cosigner_key(trim(line)));
      return {};
    }));
  }
  return out;
}

bool tell_proof(const std::string& name, const stix::ProofCheck& check, bool json_lines) {
  if (json_lines) {
    std::string out;
    wire::JsonWriter json(out);
    json.begin_object().member("file", name).key("proven").boolean(check.proven()).member("id", check.id);
    json.member("type", check.type).member("modified", check.modified).key("log").begin_object();
    json.member("origin", check.origin).key("size").number(check.size).key("index").number(check.index).end_object();
    json.key("said_by").begin_array();
    for (const auto& by : check.speakers) {
      json.begin_object().member("identity", by.identity).member("name", by.name).member("nation", by.nation);
      json.member("kid", by.kid).member("fingerprint", by.fingerprint).member("signed_at", by.signed_at);
      json.key("known").boolean(by.known).member("as", by.attestation ? "attestation" : "author").end_object();
    }
    json.end_array().key("witnessed_by").begin_array();
    for (const auto& witness : check.witnesses) {
      json.begin_object().member("name", witness.name).member("at", time_text(witness.seconds)).end_object();
    }
    json.end_array().key("faults").begin_array();
    for (const auto& finding : check.faults) {
      json.begin_object().member("code", code_of(finding.fault)).member("message", text_of(finding.fault));
      json.member("about", finding.about).end_object();
    }
    json.end_array().end_object();
    write_out(out + "\n");
    return check.proven();
  }
  print_out("{:<9} {}  {}\n", check.proven() ? "proven" : "refused",
            report::visible(check.id.empty() ? name : check.id), report::visible(check.modified));
  for (const auto& finding : check.faults) {
    print_out("  {}  {}{}{}\n", code_of(finding.fault), text_of(finding.fault), finding.about.empty() ? "" : ": ",
              report::visible(finding.about));
  }
  if (!check.proven()) {
    return false;
  }
  print_out("  logged    {}: entry {} of {}\n", report::visible(check.origin), check.index + 1, check.size);
  for (const auto& by : check.speakers) {
    print_out("  {} {}{}{} ({}) at {}\n",
              !by.known        ? "claims   "
              : by.attestation ? "attested "
                               : "said by  ",
              report::visible(by.name), by.nation.empty() ? "" : ", ", by.nation, report::visible(by.identity),
              by.signed_at);
    if (!by.known) {
      print_out("            its key is in the proof alone and not among yours: {}\n", by.fingerprint);
    }
  }
  if (check.speakers.empty()) {
    print_out("  said by   {}\n", check.unknown_kid.empty() ? "nobody who signed it"
                                                            : "whoever has key " + report::visible(check.unknown_kid) +
                                                                  ", which was not given");
  }
  for (const auto& witness : check.witnesses) {
    print_out("  witnessed {} at {}\n", report::visible(witness.name), time_text(witness.seconds));
  }
  return true;
}

void tell_unreadable(const std::string& name, const Error& error, bool json_lines) {
  if (json_lines) {
    std::string out;
    wire::JsonWriter json(out);
    json.begin_object().member("file", name).key("proven").boolean(false).key("error").begin_object();
    json.member("code", code_text(error.code)).member("message", error.message).end_object().end_object();
    write_out(out + "\n");
  } else {
    report_error(error);
  }
}

Result<int> verify_proofs(const Arguments& arguments, const std::vector<std::string>& proofs) {
  const std::string form = arguments.value("--format").value_or("text");
  if (form != "text" && form != "json") {
    return failure(ErrorCode::usage, "--format takes text or json, not '" + form + "'");
  }
  TRY(const stix::ProofKeys keys, read_proof_keys(arguments));
  int exit = exit_nothing_found;
  for (const std::string& path : proofs) {
    auto text = read_whole(path, stix::limits::proof_bytes_max);
    auto proof = text ? stix::parse_object_proof(*text) : Result<stix::ObjectProof>(std::unexpected(text.error()));
    if (!proof) {
      proof.error().where.source = path;
      tell_unreadable(path, proof.error(), form == "json");
      exit = exit_failed;
    } else if (!tell_proof(path, stix::check_object_proof(*proof, keys), form == "json") && exit != exit_failed) {
      exit = exit_found;
    }
  }
  return exit;
}

}  // namespace tocsin::app
