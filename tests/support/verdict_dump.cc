// verdict_dump PATH…: prints the verdicts of a small hunt, for people and for timing.
#include <chrono>
#include <cstdio>

#include "support/hunt.h"

using namespace tocsin;

int main(int argc, char** argv) {
  auto engine = test::built_in_playbooks();
  if (!engine) {
    std::printf("%s\n", engine.error().text().c_str());
    return 2;
  }
  const auto start = std::chrono::steady_clock::now();
  test::Hunt visitor(*engine);
  const auto walked = source::walk({argv + 1, argv + argc}, {}, visitor);
  if (!walked) {
    std::printf("%s\n", walked.error().text().c_str());
    return 2;
  }
  const auto verdicts = visitor.conclude();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  for (const verdict::Verdict& each : verdicts) {
    std::printf("== %s %s: %s grade=%s call_now=%d\n   %s\n", each.playbook.c_str(), each.scope.c_str(),
                std::string(verdict::state_text(each.state)).c_str(), each.grade.c_str(), each.call_now,
                each.because.c_str());
    const auto rows = [](const char* mark, const std::vector<verdict::EventRef>& events) {
      for (std::size_t at = 0; at < events.size() && at < 12; ++at) {
        const verdict::EventRef& ref = events[at];
        std::printf("      %s %s#%llu %s %s %s\n", mark, ref.source.c_str(),
                    static_cast<unsigned long long>(ref.record), rfc3339(ref.time).c_str(), ref.client.c_str(),
                    ref.what.substr(0, 110).c_str());
      }
    };
    for (const verdict::Stage& stage : each.stages) {
      std::printf("   stage %d %s %s %s count=%llu %s .. %s\n", stage.stage, stage.step.c_str(), stage.name.c_str(),
                  stage.weakness.c_str(), static_cast<unsigned long long>(stage.count), rfc3339(stage.first).c_str(),
                  rfc3339(stage.last).c_str());
      rows("+", stage.events);
      rows("~", stage.supporting);
    }
    for (const verdict::Noted& noted : each.noted) {
      std::printf("   noted %s x%llu: %s\n", noted.behaviour.c_str(), static_cast<unsigned long long>(noted.count),
                  noted.reason.c_str());
    }
    if (each.window.to.known()) {
      std::printf("   window %s .. %s\n", rfc3339(each.window.from).c_str(), rfc3339(each.window.to).c_str());
    }
    for (const verdict::Covered& covered : each.covered) {
      std::printf("   covered %s %s .. %s files=%llu rows=%llu gaps=%zu\n", covered.input.c_str(),
                  rfc3339(covered.from).c_str(), rfc3339(covered.to).c_str(),
                  static_cast<unsigned long long>(covered.files), static_cast<unsigned long long>(covered.rows),
                  covered.gaps.size());
    }
    for (const verdict::Period& period : each.uncovered) {
      std::printf("   uncovered %s .. %s\n", rfc3339(period.from).c_str(), rfc3339(period.to).c_str());
    }
    for (const verdict::Need& need : each.needs) {
      std::printf("   needs %s\n", need.input.c_str());
    }
    for (const std::string& text : each.left_out) {
      std::printf("   left out: %s\n", text.c_str());
    }
    for (const std::string& text : each.clients) {
      std::printf("   client %s\n", text.c_str());
    }
    for (const std::string& text : each.shells) {
      std::printf("   shell %s\n", text.c_str());
    }
  }
  std::printf("-- %llu events, %llu facts, %.2f s\n", static_cast<unsigned long long>(visitor.events),
              static_cast<unsigned long long>(visitor.facts), seconds.count());
  return 0;
}
