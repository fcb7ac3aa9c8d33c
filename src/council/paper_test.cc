// Papers beside the text: whose they are, what the gate says of them, and what a hostile peer may try.
#include "council/paper.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "council/bundle.h"
#include "council/legal_basis.h"
#include "council/limits.h"
#include "council/paper_acts.h"
#include "council/paper_gate.h"
#include "council/paper_table.h"
#include "council/publication.h"
#include "council/standing_policy.h"
#include "council/status_page.h"
#include "council/verdict.h"
#include "stix/signature.h"
#include "support/corpus.h"
#include "trust/digest.h"

namespace tocsin::council {
namespace {

using consult::Kind;
using namespace simulation;

// The form as it is printed, with every empty text filled in.
std::string filled(std::string_view basis, std::string_view action, std::string_view scope = "own") {
  std::string form = *option_form(basis);
  const auto replace = [&](std::string_view from, std::string_view to) {
    for (std::size_t at = form.find(from); at != std::string::npos; at = form.find(from, at + to.size())) {
      form.replace(at, from.size(), to);
    }
  };
  replace("\"action\": \"\"", "\"action\": \"" + std::string(action) + "\"");
  replace("\"scope\": \"own\"", "\"scope\": \"" + std::string(scope) + "\"");
  replace("\"owner\": \"\",", "");
  replace("\"consent_ref\": \"\",", "");
  replace("\"expires\": \"\"", "\"expires\": \"2026-12-31T12:00:00Z\"");
  replace("\": \"\"", "\": \"as agreed\"");
  return form;
}
std::string with(std::string form, std::string_view member) { return form.insert(1, std::string(member) + ","); }

TEST(Papers, AConcernReachesEverybodyAndShowsWhoseItIs) {
  Table net;
  const auto plan = concern_paper(net.of("EST"), {.text = "Our registry was read.",
                                                  .asks = {"Look for it, too"},
                                                  .evidence = {"incident--7c3e1c52-2f0b-4ab5-8a1e-5b6f4c0d1e01"}});
  ASSERT_TRUE(plan.has_value()) << error_of(plan);
  EXPECT_EQ(all(*plan),
            "EST raises a concern: \"Our registry was read.\"\nIt asks: \"Look for it, too\"\n"
            "Evidence: incident--7c3e1c52-2f0b-4ab5-8a1e-5b6f4c0d1e01\n");
  const auto paper = net.lay("EST", *plan);
  ASSERT_TRUE(paper.has_value()) << error_of(paper);
  for (const std::string name : {"CHAIR", "NOR", "POL", "JPN"}) {
    const Paper* held = net.at(name).item().papers().find((*paper)->id);
    ASSERT_NE(held, nullptr) << name;
    EXPECT_EQ(held->author, "EST");
    EXPECT_EQ(held->marking, "TLP:AMBER");
    EXPECT_EQ(held->json, (*paper)->json);
  }
  EXPECT_FALSE(*net.give("NOR", (*paper)->json)) << "twice is once";
  EXPECT_TRUE(has(status_page(net.at("POL").item(), "POL", net.seconds(), utc), "EST raises a concern"));
  EXPECT_TRUE(has(log_page(net.at("POL").item(), net.seconds(), utc), (*paper)->id));
  // It is on disk, and there after a restart.
  const std::string id = (*paper)->id;
  net.restart("POL", true);
  ASSERT_NE(net.at("POL").item().papers().find(id), nullptr);
  // The state does not know of it.
  EXPECT_EQ(net.states().size(), 1U);
}

TEST(Papers, NoByteCanBeChanged) {
  Table net;
  const auto plan = concern_paper(net.of("EST"), {.text = "Our registry was read.", .asks = {}, .evidence = {}});
  const std::string paper = net.rogue("EST", *plan);
  ASSERT_TRUE(read_paper(paper, net.at("NOR").item()).has_value());
  for (std::size_t i = 0; i < paper.size(); ++i) {
    std::string changed = paper;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    if (changed != paper) {
      EXPECT_FALSE(read_paper(changed, net.at("NOR").item()).has_value()) << i << " " << changed;
    }
    EXPECT_FALSE(read_paper(std::string_view(paper).substr(0, i), net.at("NOR").item()).has_value());
  }
}

TEST(Papers, OnlyWhoIsEntitledLaysThem) {
  Table net;
  const PaperPlan concern{.kind = PaperKind::concern, .body = R"({"text":"x"})", .words = {}, .warnings = {}};
  EXPECT_TRUE(has(error_of(net.give("NOR", net.rogue("CHAIR", concern))), "another role"));
  EXPECT_TRUE(*net.give("NOR", net.rogue("JPN", concern)));
  const PaperPlan statement{.kind = PaperKind::statement,
                            .body = R"({"title":"t","issuer":"i","work_id":"w","issued":"2026-03-01T08:00:00Z",)"
                                    R"("decision":{}})",
                            .words = {},
                            .warnings = {}};
  EXPECT_TRUE(has(error_of(net.give("NOR", net.rogue("EST", statement))), "another role"));
  EXPECT_TRUE(has(error_of(option_paper(net.of("JPN"), filled("own-systems", "hunt"))), "may not lay"));
  EXPECT_TRUE(has(error_of(concern_paper(net.of("CHAIR"), {.text = "x", .asks = {}, .evidence = {}})), "may not lay"));
  EXPECT_TRUE(has(error_of(publication_paper(net.of("EST"), {.title = {}, .issuer = "i"})), "only the chair"));
}

TEST(Papers, WhatIsNobodysOrAnothersIsRefused) {
  Table net;
  const PaperPlan concern{.kind = PaperKind::concern, .body = R"({"text":"x"})", .words = {}, .warnings = {}};
  // A stranger with a good key that nobody put on the roster.
  ASSERT_TRUE(net.at("NOR").receive(Record{RecordKind::key, *stix::write_author_key(key_of("XYZ"), seed_of("XYZ"))}));
  EXPECT_TRUE(has(error_of(net.give("NOR", net.rogue("XYZ", concern))), "nobody on the roster"));
  // Of another item; with another id; signed at another time; unsigned.
  Hash other = net.item();
  other.bytes[0] ^= 1U;
  const auto sign = [&](const std::string& object, std::string_view at) {
    return *stix::sign_object(object, key_of("EST"), seed_of("EST"), at);
  };
  const std::string good = *compose_paper(concern, net.item(), key_of("EST").identity, net.seconds());
  const std::string created(wire::parse_json(good)->string_or("created", ""));
  EXPECT_TRUE(has(
      error_of(net.give("NOR", sign(*compose_paper(concern, other, key_of("EST").identity, net.seconds()), created))),
      "another item"));
  std::string renamed = good;
  const std::size_t at = renamed.find("tocsin-concern--") + 16;
  renamed[at] = renamed[at] == '0' ? '1' : '0';
  EXPECT_TRUE(has(error_of(net.give("NOR", sign(renamed, created))), "does not follow"));
  EXPECT_TRUE(has(error_of(net.give("NOR", sign(good, "2026-03-02T08:00:00.000Z"))), "another time"));
  EXPECT_TRUE(has(error_of(net.give("NOR", good)), "without a signature"));
  // Fields that are missing or of another form.
  for (const std::string_view body : {R"({})", R"({"text":" "})", R"({"text":7})", R"({"text":"x","asks":"y"})",
                                      R"({"text":"x","evidence_refs":["../etc"]})", R"({"text":"x","asks":[1]})"}) {
    const PaperPlan bad{.kind = PaperKind::concern, .body = std::string(body), .words = {}, .warnings = {}};
    EXPECT_TRUE(has(error_of(net.give("NOR", net.rogue("EST", bad))), "missing or wrong")) << body;
  }
  // After the key was told to be compromised nothing of it is believed.
  ASSERT_TRUE(net.give("NOR", sign(good, created)).has_value());
  ASSERT_TRUE(net.at("POL").receive(
      Record{RecordKind::key, *stix::write_key_revocation({.kid = key_of("EST").kid,
                                                           .revoked = "2026-03-01T09:00:00Z",
                                                           .reason = stix::KeyRevocation::Reason::compromised},
                                                          seed_of("EST"))}));
  EXPECT_TRUE(has(error_of(net.give("POL", sign(good, created))), "compromised"));
}

TEST(Papers, OneAuthorCannotFillTheFoldersOfOthers) {
  Papers papers;
  Paper paper;
  paper.author = "EST";
  for (std::size_t i = 0; i < limits::papers_of_author_max; ++i) {
    paper.id = "tocsin-concern--" + std::to_string(i);
    ASSERT_TRUE(*papers.add(paper));
  }
  paper.id = "tocsin-concern--more";
  EXPECT_FALSE(papers.add(paper).has_value());
  paper.author = "NOR";
  EXPECT_TRUE(*papers.add(paper));
  paper.id = "tocsin-concern--big";
  paper.json.assign(limits::paper_bytes_of_author_max + 1, ' ');
  EXPECT_FALSE(papers.add(paper).has_value());
}

TEST(Options, TheFormAsksTheQuestionsOfEveryBasis) {
  Table net;
  for (const LegalBasis& basis : legal_bases()) {
    std::size_t asked = 0;
    const std::string form = *option_form(basis.code);
    for (const LegalQuestion& question : legal_questions()) {
      if (question.basis != basis.code) {
        continue;
      }
      ++asked;
      EXPECT_TRUE(has(form, question.words)) << form;
      // One that is not answered is named.
      std::string gap = filled(basis.code, "hunt");
      const std::size_t answers = gap.find("\"answers\"");
      const std::string answer = "\"" + std::string(question.code) + "\": \"as agreed\"";
      const std::size_t at = gap.find(answer, answers);
      ASSERT_NE(at, std::string::npos) << gap;
      gap.replace(at, answer.size(), "\"" + std::string(question.code) + "\": \" \"");
      EXPECT_TRUE(has(error_of(option_paper(net.of("EST"), gap)), question.words)) << gap;
    }
    EXPECT_GE(asked, 1U) << basis.code;
    const auto plan = option_paper(net.of("EST"), filled(basis.code, "hunt"));
    ASSERT_TRUE(plan.has_value()) << error_of(plan);
    EXPECT_TRUE(has(all(*plan), basis.title));
  }
  for (const auto& [from, to, why] :
       {std::tuple("\"reversible\": \"as agreed\"", "\"reversible\": \"\"", "\"reversible\" is empty"),
        {"\"third_party_effect\": \"as agreed\"", "\"third_party_effect\": null", "third_party_effect"},
        {"\"weight\": 0 }", "\"weight\": 5 }", "0 to 4"},
        {"\"legal_basis\": \"own-systems\"", "\"legal_basis\": \"\"", "legal_basis"},
        {"\"legal_basis\": \"own-systems\"", "\"legal_basis\": \"custom\"", "no basis in law"},
        {"\"expires\": \"2026-12-31T12:00:00Z\"", "\"expires\": \"2026-01-01T00:00:00Z\"", "no time to come"},
        {"\"objective\"", "\"objectives\"", "no place for"},
        {"\"trigger\": []", "\"trigger\": [\"x\"]", "no STIX identifier"},
        {"\"authority\": \"as agreed\"", "\"authority\": \"y\", \"other\": \"x\"", "no question"}}) {
    std::string form = filled("own-systems", "hunt");
    const std::size_t at = form.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    form.replace(at, std::string_view(from).size(), to);
    EXPECT_TRUE(has(error_of(option_paper(net.of("EST"), form)), why))
        << why << error_of(option_paper(net.of("EST"), form));
  }
}

TEST(Options, TheGateAnswersAtTabling) {
  Table net;
  struct Case {
    std::string action, scope, decides;
  };
  for (const Case& each : {Case{"hunt", "own", "class A, allowed (own-passive)"},
                           {"patch", "own", "class B, allowed with the signature of the systems' owner (own-active)"},
                           {"notify-victim", "third-party", "class D, recorded and drafted"},
                           {"countermeasure", "third-party", "class L, recorded as a nation's own declaration"}}) {
    const auto plan = option_paper(net.of("EST"), filled("own-systems", each.action, each.scope));
    ASSERT_TRUE(plan.has_value()) << error_of(plan);
    EXPECT_EQ(plan->kind, PaperKind::option);
    EXPECT_TRUE(has(all(*plan), each.decides)) << all(*plan);
    EXPECT_TRUE(net.lay("EST", *plan).has_value());
  }
  for (const Case& each : {Case{"hack-back", "own", "offensive"},
                           {"scan", "third-party", "third-party-scan"},
                           {"evict", "other", "no-consent"},
                           {"wipe", "third-party", "destroys"},
                           {"frobnicate", "own", "unknown-action"},
                           {"hunt", "galaxy", "unknown-scope"}}) {
    const auto plan = option_paper(net.of("EST"), filled("own-systems", each.action, each.scope));
    ASSERT_TRUE(plan.has_value()) << error_of(plan);
    EXPECT_EQ(plan->kind, PaperKind::refusal);
    EXPECT_TRUE(has(all(*plan), "Rule " + each.decides + ":")) << all(*plan);
    // The refusal is signed and goes to all; the text of what was refused does not.
    const auto paper = net.lay("EST", *plan);
    ASSERT_TRUE(paper.has_value()) << error_of(paper);
    EXPECT_EQ((*paper)->text("rule"), each.decides);
    EXPECT_EQ((*paper)->text("sha256").size(), 64U);
    EXPECT_FALSE(has((*paper)->json, "as agreed"));
  }
  // A playbook in disguise: the worst in it counts.
  const auto hidden = option_paper(
      net.of("EST"),
      with(
          [] {
            std::string form = filled("own-systems", "hunt");
            form.erase(form.find("  \"source\": null,\n"), 18);
            return form;
          }(),
          R"("source":{"format":"openc2","object":{"action":"delete","target":{"file":{"name":"x"}},"args":{}}})"));
  ASSERT_TRUE(hidden.has_value()) << error_of(hidden);
  EXPECT_FALSE(has(all(*hidden), "class A")) << all(*hidden);
  // Another's systems are not one's own because somebody writes so.
  const auto taken = option_paper(net.of("EST"), with(filled("own-systems", "patch"), R"("owner":"POL")"));
  EXPECT_EQ(taken->kind, PaperKind::refusal);
  EXPECT_TRUE(has(all(*taken), "no-consent"));
  // A sovereign act is nobody's but the nation's.
  std::string joint = filled("countermeasure", "countermeasure", "third-party");
  joint.replace(joint.find("\"contributors\": []"), 18, "\"contributors\": [\"NOR\"]");
  EXPECT_TRUE(has(error_of(option_paper(net.of("EST"), joint)), "a nation's own"));
}

TEST(Options, APeerThatSkipsTheGateMeetsItAtTheOthers) {
  Table net;
  const auto plan = option_paper(net.of("EST"), filled("own-systems", "hunt"));
  const auto forged = [&](std::string_view from, std::string_view to) {
    PaperPlan bad = *plan;
    bad.body.replace(bad.body.find(from), from.size(), to);
    return net.rogue("EST", bad);
  };
  ASSERT_TRUE(*net.give("NOR", forged("\"action\":\"hunt\"", "\"action\":\"hunt\"")));
  const std::string hack = forged("\"action\":\"hunt\"", "\"action\":\"hack-back\"");
  EXPECT_TRUE(has(error_of(net.give("NOR", hack)), "refused, offensive"));
  EXPECT_TRUE(
      has(error_of(net.give("NOR", forged("\"action\":\"hunt\"", "\"action\":\"patch\""))), "calls itself class A"));
  EXPECT_EQ(net.at("NOR").item().papers().size(), 1U);
  // Who has it all the same can neither hand it on nor hide it in a file.
  ASSERT_TRUE(net.at("EST").item().add_paper(hack).has_value());
  std::vector<std::string> left_out;
  const std::string bundle = write_bundle(net.at("EST").item(), {}, &left_out);
  ASSERT_EQ(left_out.size(), 1U);
  EXPECT_FALSE(has(bundle, "hack-back"));
  std::string smuggled = bundle;
  smuggled.insert(smuggled.find("{\"is\":\"end\""), "{\"is\":\"paper\",\"value\":" + hack + "}\n");
  const Verdict verdict = net.verify(smuggled);
  EXPECT_TRUE(std::ranges::any_of(verdict.findings, [](const std::string& each) { return has(each, "offensive"); }));
}

TEST(Consents, OpenAnothersSystemsUntilTheyEndOrAreRevoked) {
  Table net;
  const auto consent = [&](const std::string& by, std::string_view until) {
    const auto plan = consent_paper(
        net.of(by),
        {.scope = {"remote-forensics"}, .until = *consult::parse_seconds(until), .text = "for the mail servers"});
    EXPECT_TRUE(plan.has_value()) << error_of(plan);
    return (*net.lay(by, *plan))->id;
  };
  const std::string given = consent("POL", "2026-04-01T00:00:00Z");
  const auto form = [&](std::string_view action, std::string_view id) {
    return with(filled("consent", action, "other"), "\"consent_ref\":\"" + std::string(id) + "\"");
  };
  const auto plan = option_paper(net.of("EST"), form("remote-forensics", given.substr(16, 8)));
  ASSERT_TRUE(plan.has_value()) << error_of(plan);
  EXPECT_TRUE(has(all(*plan), "class C, allowed with the owner's consent")) << all(*plan);
  const auto option = net.lay("EST", *plan);
  ASSERT_TRUE(option.has_value()) << error_of(option);
  const auto shown = [&](Seconds at) { return paper_words(net.at("NOR").item(), **option, at, utc); };
  EXPECT_TRUE(has(shown(net.seconds()), "class C")) << shown(net.seconds());
  EXPECT_TRUE(has(shown(*consult::parse_seconds("2026-04-02T00:00:00Z")), "NOT ALLOWED NOW (consent-expired"));
  // It covers nothing else, serves nobody as a consent to himself, and no other owner's systems.
  EXPECT_EQ(option_paper(net.of("EST"), form("evict", given))->kind, PaperKind::refusal);
  EXPECT_EQ(option_paper(net.of("POL"), form("remote-forensics", given))->kind, PaperKind::refusal);
  EXPECT_EQ(option_paper(net.of("EST"), with(form("remote-forensics", given), R"("owner":"NOR")"))->kind,
            PaperKind::refusal);
  EXPECT_TRUE(has(error_of(option_paper(net.of("EST"), form("remote-forensics", "tocsin-consent--no"))), "no paper"));
  // Only its giver revokes it, also where somebody forges that.
  EXPECT_FALSE(revocation_paper(net.of("EST"), given).has_value());
  const PaperPlan forged{
      .kind = PaperKind::revocation, .body = "{\"consent_ref\":\"" + given + "\"}", .words = {}, .warnings = {}};
  ASSERT_TRUE(*net.give("NOR", net.rogue("EST", forged)));
  EXPECT_TRUE(has(shown(net.seconds()), "class C"));
  EXPECT_TRUE(has(write_bundle(net.at("NOR").item()), (*option)->id));
  net.run_for(1'000);
  ASSERT_TRUE(net.lay("POL", *revocation_paper(net.of("POL"), given)).has_value());
  EXPECT_TRUE(has(shown(net.seconds()), "NOT ALLOWED NOW (consent-revoked")) << shown(net.seconds());
  EXPECT_FALSE(has(write_bundle(net.at("NOR").item()), (*option)->id)) << "revoked at once";
  EXPECT_FALSE(revocation_paper(net.of("POL"), given).has_value()) << "once is enough";
  EXPECT_FALSE(consent_paper(net.of("POL"), {.scope = {"hunt"}, .until = net.seconds(), .text = "x"}).has_value());
}

TEST(Measures, AreANationsOwnAndKeepTheirPhases) {
  Table net;
  MeasureWords words{.phase = "planned",
                     .text = "All mail servers are patched.",
                     .deed = {.action = "patch",
                              .scope = "own",
                              .owner = {},
                              .consent = {},
                              .basis = "own-systems",
                              .answers = {{"authority", "Security Act"}}},
                     .started = {},
                     .ended = {},
                     .courses_of_action = {},
                     .follows = {}};
  const auto planned = net.lay("NOR", *measure_paper(net.of("NOR"), words));
  ASSERT_TRUE(planned.has_value()) << error_of(planned);
  net.run_for(1'000);
  words.phase = "done";
  words.follows = (*planned)->id;
  const auto done = net.lay("NOR", *measure_paper(net.of("NOR"), words));
  ASSERT_TRUE(done.has_value()) << error_of(done);
  EXPECT_EQ((*done)->text("supersedes_ref"), (*planned)->id);
  EXPECT_EQ(net.at("EST").item().papers().size(), 2U) << "both are kept";
  EXPECT_TRUE(has(error_of(measure_paper(net.of("EST"), words)), "the same author"));
  words.follows.clear();
  words.deed.answers.clear();
  EXPECT_TRUE(has(error_of(measure_paper(net.of("NOR"), words)), "national authority"));
  words.deed.action = "hack-back";
  EXPECT_EQ(measure_paper(net.of("NOR"), words)->kind, PaperKind::refusal);
  words.phase = "maybe";
  EXPECT_FALSE(measure_paper(net.of("NOR"), words).has_value());
}

TEST(Publication, StandsOnTheDecisionAndNothingElse) {
  Table net;
  EXPECT_TRUE(has(error_of(publication_paper(net.of("CHAIR"), {.title = {}, .issuer = "The Council"})), "tabled"));
  net.adopt();
  const auto plan = publication_paper(net.of("CHAIR"), {.title = {}, .issuer = "The Council"});
  ASSERT_TRUE(plan.has_value()) << error_of(plan);
  EXPECT_TRUE(has(all(*plan), "POL (reserve)"));
  const auto paper = net.lay("CHAIR", *plan);
  ASSERT_TRUE(paper.has_value()) << error_of(paper);
  EXPECT_EQ((*paper)->marking, "TLP:CLEAR");
  const std::string bundle = write_bundle(net.at("EST").item());
  const Verdict verdict = net.verify(bundle);
  EXPECT_EQ(verdict.outcome, Outcome::adopted);
  EXPECT_TRUE(verdict.findings.empty()) << verdict.findings.front();
  ASSERT_EQ(verdict.published, std::vector<std::string>{(*paper)->id});
  EXPECT_EQ(*published_text(verdict, ""), agreed);
  EXPECT_EQ(*published_text(verdict, "en"), agreed);
  EXPECT_FALSE(published_text(verdict, "fr").has_value());

  // What the chair signs beside the decision is found out.
  const auto finding = [&](std::string_view from, std::string_view to) {
    PaperPlan bad = *plan;
    const std::size_t at = bad.body.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    bad.body.replace(at, from.size(), to);
    std::string smuggled = bundle;
    smuggled.insert(smuggled.find("{\"is\":\"end\""), "{\"is\":\"paper\",\"value\":" + net.rogue("CHAIR", bad) + "}\n");
    const Verdict found = net.verify(smuggled);
    EXPECT_EQ(found.published.size(), 1U);
    EXPECT_EQ(found.outcome, Outcome::adopted);
    std::string out;
    for (const std::string& each : found.findings) {
      out += each + "\n";
    }
    return out;
  };
  const std::string text = trust::sha256_hex(agreed);
  EXPECT_TRUE(has(finding(consult::hex(net.silence), consult::hex(net.draft)), "another decision"));
  EXPECT_TRUE(
      has(finding("\"raw_sha256\":\"" + text, "\"raw_sha256\":\"" + std::string(64, '0')), "other paragraph hashes"));
  const std::size_t l1 = plan->body.find("\"l1\":[\"") + 7;
  EXPECT_TRUE(has(finding(plan->body.substr(l1, 64), std::string(64, '1')), "other paragraph hashes"));
  const std::size_t manifest = plan->body.find("\"text_sha256\":\"") + 15;
  EXPECT_TRUE(has(finding(plan->body.substr(manifest, 64), std::string(64, '2')), "other texts"));

  // The text itself swapped, and a bundle that proves no decision.
  std::string swapped = bundle;
  swapped.replace(swapped.find("We condemn"), 10, "We condone");
  EXPECT_TRUE(net.verify(swapped).published.empty());
  Table open;
  std::string early = write_bundle(open.at("CHAIR").item());
  early.insert(early.find("{\"is\":\"end\""), "{\"is\":\"paper\",\"value\":" + open.rogue("CHAIR", *plan) + "}\n");
  const Verdict unproven = open.verify(early);
  EXPECT_TRUE(unproven.published.empty());
  EXPECT_TRUE(
      std::ranges::any_of(unproven.findings, [](const std::string& each) { return has(each, "does not prove"); }));
}

TEST(Publication, PagesAndWordsStandInTheGoldens) {
  Table net;
  std::string words;
  const auto tell = [&](std::string_view what, const PaperPlan& plan) {
    words += std::string(what) + "\n" + all(plan) + "\n";
  };
  tell("== concern",
       *concern_paper(net.of("EST"), {.text = "Our registry was read.", .asks = {"Look"}, .evidence = {}}));
  tell("== option", *option_paper(net.of("EST"), filled("countermeasure", "statement", "third-party")));
  tell("== refusal", *option_paper(net.of("EST"), filled("own-systems", "ddos", "third-party")));
  tell("== consent",
       *consent_paper(net.of("POL"),
                      {.scope = {"all"}, .until = *consult::parse_seconds("2026-04-01T00:00:00Z"), .text = "to help"}));
  net.adopt();
  const auto plan = publication_paper(net.of("CHAIR"), {.title = {}, .issuer = "The <Council>"});
  tell("== publication", *plan);
  ASSERT_TRUE(net.lay("CHAIR", *plan).has_value());
  const Verdict verdict = net.verify(write_bundle(net.at("EST").item()));
  const std::string roster = consult::hex(net.at("EST").item().roster().hash);
  const PageOptions options{.roster = roster, .time = utc};
  const std::filesystem::path folder = test::golden() / "consult" / "papers";
  for (const auto& [name, text] : {std::pair("words.txt", words),
                                   {"statement.txt", *statement_text(verdict, options)},
                                   {"statement.html", *statement_html(verdict, options)}}) {
    if (std::getenv("TOCSIN_WRITE_GOLDENS") != nullptr) {
      std::filesystem::create_directories(folder);
      std::ofstream(folder / name, std::ios::binary) << text;
    }
    std::ifstream in(folder / name, std::ios::binary);
    const std::string expected{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(text, expected) << name;
  }
}

TEST(Policies, AreKeptAndPassOnlyWhatTheyAllow) {
  Table net;
  const auto order = [&](std::vector<std::string> classes, std::string_view until) {
    const StandingPolicy policy{
        .author = "EST", .item = net.item(), .classes = std::move(classes), .until = *consult::parse_seconds(until)};
    return policy_json(policy, *net.node("EST").keys->sign(*policy_bytes(policy)));
  };
  ASSERT_TRUE(net.at("EST").set_policy(order({"crisis"}, "2026-03-03T00:00:00Z")).has_value());
  std::string other = order({"crisis"}, "2026-03-03T00:00:00Z");
  other.replace(other.find("crisis"), 6, "normal");
  EXPECT_FALSE(net.at("EST").set_policy(other).has_value()) << "not what was signed";
  EXPECT_FALSE(net.at("NOR").set_policy(order({"crisis"}, "2026-03-03T00:00:00Z")).has_value()) << "another nation's";
  net.restart("EST", true);
  net.silence =
      *net.act("CHAIR", Kind::silence,
               "{\"draft\":" + in_quotes(net.draft) + ",\"deadline\":\"2026-03-03T12:00:00Z\",\"class\":\"crisis\"}");
  net.run_for(60'000);
  ASSERT_TRUE(net.at("EST").tick().has_value());
  net.run_for(60'000);
  EXPECT_EQ(net.state_at("CHAIR").passed, std::vector<std::string>{"EST"});
  // A journal from elsewhere brings no orders.
  EXPECT_FALSE(
      net.at("NOR").receive(Record{RecordKind::policy, order({"crisis"}, "2026-03-03T00:00:00Z")}).has_value());
}

}  // namespace
}  // namespace tocsin::council
