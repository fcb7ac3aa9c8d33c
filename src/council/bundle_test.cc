// What is handed over in a file or an object: nothing is lost, and nothing is believed for being there.
#include "council/bundle.h"

#include <gtest/gtest.h>

#include "council/entry_object.h"
#include "council/simulation.h"
#include "council/verdict.h"
#include "stix/object.h"
#include "trust/digest.h"

namespace tocsin::council {
namespace {

using consult::Kind;
using simulation::Network;

struct Held : Network {
  Held() : Network({.members = {"EST", "NOR"}}, "CHAIR", "A \"text\"\nof two lines", "2026-03-01T08:00:00Z") {
    const Manifest manifest =
        *make_manifest({{"fr", trust::sha256_hex("le texte")}, {"en", trust::sha256_hex("the text")}}, {});
    Consultation& nor = *node("NOR").consultation;
    EXPECT_TRUE(nor.receive(Record{RecordKind::text, text_json({"en", "the text"})}).has_value());
    EXPECT_TRUE(nor.receive(Record{RecordKind::manifest, manifest.canonical}).has_value());
    EXPECT_TRUE(
        act("NOR", Kind::draft, "{\"rev\":1,\"parent\":null,\"text_sha256\":\"" + manifest.sha256 + "\"}").has_value());
    run_for(2'000);
  }
  Item& item() { return node("NOR").consultation->item(); }
};

TEST(Bundle, HoldsWhatTheItemHolds) {
  Held net;
  const Bundle bundle = *read_bundle(write_bundle(net.item(), {"{\"r\":1}"}));
  EXPECT_TRUE(bundle.whole);
  EXPECT_EQ(bundle.problems_total, 0U);
  EXPECT_EQ(bundle.item, net.item().id());
  ASSERT_EQ(bundle.rosters.size(), 1U);
  EXPECT_EQ(bundle.rosters.front(), net.item().roster_json());
  EXPECT_EQ(bundle.entries.size(), net.item().entries().size());
  EXPECT_EQ(bundle.texts.size(), 1U);
  EXPECT_EQ(bundle.manifests.size(), 1U);
  EXPECT_EQ(bundle.readings, std::vector<std::string>{"{\"r\":1}"});
}

TEST(Bundle, AnyCutOrChangeIsToldAndOneBadLineCostsOnlyItself) {
  Held net;
  const std::string text = write_bundle(net.item());
  for (std::size_t cut = text.find('\n') + 1; cut + 1 < text.size(); cut += 97) {
    const auto bundle = read_bundle(std::string_view(text).substr(0, cut));
    ASSERT_TRUE(bundle.has_value());
    EXPECT_FALSE(bundle->whole) << cut;
  }
  std::string changed = text;
  changed.insert(changed.find('\n') + 1, "\x01\xff nonsense\n{\"is\":\"later\",\"value\":7}\n");
  const Bundle bundle = *read_bundle(changed);
  EXPECT_FALSE(bundle.whole);
  EXPECT_EQ(bundle.problems_total, 2U);
  EXPECT_EQ(bundle.entries.size(), net.item().entries().size());
  EXPECT_TRUE(read_bundle(text + "{\"is\":\"later\",\"value\":7}\n")->problems_total == 1);
  EXPECT_FALSE(read_bundle(text + "{\"is\":\"later\",\"value\":7}\n")->whole);
}

TEST(Bundle, OtherFilesAreRefused) {
  for (const std::string_view text :
       {"", "\n", "{}", "[]\n", "{\"is\":\"bundle\",\"value\":{}}\n",
        "{\"is\":\"bundle\",\"value\":{\"item\":\"00\",\"type\":\"tocsin-consultation\",\"version\":1}}\n"}) {
    const auto bundle = read_bundle(text);
    EXPECT_TRUE(!bundle || bundle->entries.empty()) << text;
  }
  EXPECT_EQ(read_bundle("x").error().code, ErrorCode::unknown_format);
}

TEST(EntryObject, CarriesTheEntryVerbatimToTheWholeRoster) {
  Held net;
  for (const Item::Held& held : net.item().entries()) {
    const std::string object = wrap_entry(held, net.item());
    ASSERT_TRUE(stix::read_object(object).has_value());
    const EntryObject back = *unwrap_entry(object);
    EXPECT_EQ(back.entry, held.json);
    EXPECT_EQ(back.item, net.item().id());
    EXPECT_EQ(back.audience, (std::vector<std::string>{"CHAIR", "EST", "NOR"}));
    EXPECT_EQ(wrap_entry(held, net.item()), object);
    std::string other = object;
    other.replace(other.find("\"item\":\"") + 8, 64, std::string(64, '7'));
    EXPECT_FALSE(unwrap_entry(other).has_value());
  }
  EXPECT_FALSE(unwrap_entry("{}").has_value());
  EXPECT_FALSE(unwrap_entry("{\"type\":\"tocsin-entry\"").has_value());
}

TEST(Item, TextsAndManifestsHaveOneForm) {
  const std::string a(64, 'a');
  const std::string b(64, 'b');
  const Manifest one = *make_manifest({{"fr", b}, {"en", a}}, {b, a});
  EXPECT_EQ(one.canonical, "{\"annexes\":[\"" + a + "\",\"" + b + "\"],\"texts\":[{\"lang\":\"en\",\"sha256\":\"" + a +
                               "\"},{\"lang\":\"fr\",\"sha256\":\"" + b + "\"}]}");
  EXPECT_EQ(one.sha256, trust::sha256_hex(one.canonical));
  EXPECT_TRUE(read_manifest(one.canonical).has_value());
  EXPECT_FALSE(read_manifest(" " + one.canonical).has_value());
  EXPECT_FALSE(make_manifest({{"en", a}, {"en", b}}, {}).has_value());
  EXPECT_FALSE(make_manifest({}, {a}).has_value());
  EXPECT_FALSE(make_manifest({{"en", "A"}}, {}).has_value());
  EXPECT_FALSE(make_manifest({{"../x", a}}, {}).has_value());
}

}  // namespace
}  // namespace tocsin::council
