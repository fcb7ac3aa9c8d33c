#include "council/log_evidence.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "council/courier.h"
#include "report/visible.h"

namespace tocsin::council {
namespace {

struct Log {
  std::set<std::string> objects;
  std::uint64_t size = 0;
  std::set<std::string> witnesses;
};

}  // namespace

void judge_proofs(Verdict& verdict, const std::vector<std::string>& proofs, const stix::ProofKeys& keys) {
  if (proofs.empty() || verdict.item == nullptr) {
    return;
  }
  if (keys.logs.empty()) {
    verdict.because.push_back(
        fmt::format("{} log proofs are in the bundle; they were not looked at without the log's key", proofs.size()));
    return;
  }
  const std::vector<std::string> all = objects_of(*verdict.item);
  const std::set<std::string> objects(all.begin(), all.end());
  // The authors' keys are the roster's: a proof needs only say that the log holds the object.
  std::map<std::string, Log> logs;
  std::map<std::string, std::size_t> wrong;
  for (const std::string& text : proofs) {
    const auto proof = stix::parse_object_proof(text);
    if (!proof) {
      ++wrong["a log proof cannot be read: " + proof.error().message];
      continue;
    }
    if (!objects.contains(proof->object)) {
      ++wrong["a log proof is of something that is not in this bundle"];
      continue;
    }
    const stix::ProofCheck check = stix::check_object_proof(*proof, keys);
    if (!check.proven()) {
      const stix::ProofCheck::Finding& first = check.faults.front();
      ++wrong[fmt::format("a log proof is refused ({}): {}{}", stix::code_of(first.fault), stix::text_of(first.fault),
                          first.about.empty() ? "" : ", " + report::visible(first.about))];
      continue;
    }
    Log& log = logs[check.origin];
    log.objects.insert(check.id);
    log.size = std::max(log.size, check.size);
    for (const stix::ProofCheck::Witnessed& witness : check.witnesses) {
      log.witnesses.insert(witness.name);
    }
  }
  for (const auto& [origin, log] : logs) {
    std::string seen;
    for (const std::string& name : log.witnesses) {
      seen += (seen.empty() ? ", seen so by " : ", ") + report::visible(name);
    }
    verdict.because.push_back(fmt::format("{} of its {} objects are proven to stand in the log {} of {} entries{}",
                                          log.objects.size(), objects.size(), report::visible(origin), log.size, seen));
  }
  for (const auto& [what, count] : wrong) {
    verdict.findings.push_back(count == 1 ? "Log: " + what + "." : fmt::format("Log, {} times: {}.", count, what));
  }
}

}  // namespace tocsin::council
