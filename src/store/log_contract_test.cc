// Logs in every store alike: written with what they hold, proven from tiles, salts gone with their objects.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "store/each_store.h"
#include "store/log_proofs.h"
#include "trust/witness.h"

namespace tocsin::store {
namespace {

constexpr CollectionName here{"api", "c1"};
constexpr std::string_view origin = "node.example/log";

trust::Ed25519Seed seed_of(std::uint8_t value) {
  trust::Ed25519Seed seed{};
  seed.fill(value);
  return seed;
}

NewVersion logged(int number, std::string log = "open") {
  NewVersion out;
  out.id = "tool--0a5a1f3e-2222-4222-8222-" + std::to_string(100'000'000'000 + number);
  out.bytes = R"({"type":"tool","id":")" + out.id + R"(","name":"x"})";
  out.type = "tool";
  out.version = "2026-01-01T00:00:00.000Z";
  out.version_at = *stix::parse_timestamp(out.version);
  out.spec_version = "2.1";
  out.writer = "w";
  out.log = std::move(log);
  out.salt.fill(static_cast<std::uint8_t>(number));
  return out;
}

std::vector<NewVersion> many(int first, int count, const std::string& log = "open") {
  std::vector<NewVersion> out;
  for (int at = first; at < first + count; ++at) {
    out.push_back(logged(at, log));
  }
  return out;
}

class LogContract : public EachStore {
 protected:
  void SetUp() override {
    EachStore::SetUp();
    ASSERT_NE(store_, nullptr);
    ASSERT_TRUE(store_->put_root({.name = "api", .title = "", .description = "", .max_content_length = 0}));
    ASSERT_TRUE(store_->put_collection({.root = "api",
                                        .id = "c1",
                                        .title = "",
                                        .description = "",
                                        .alias = "",
                                        .can_read = true,
                                        .can_write = true,
                                        .media_types = {}}));
  }
  void put(const std::vector<NewVersion>& versions) {
    const auto done = store_->put(here, versions, Time::from_seconds(1'700'000'000));
    ASSERT_TRUE(done) << done.error().text();
  }
  trust::TreeHead head(std::string_view log = "open") {
    LogTiles tiles(*store_, log);
    const auto checked = trust::check_tiles(tiles, *store_->log_size(log));
    EXPECT_TRUE(checked) << (checked ? "" : checked.error().text());
    return checked.value_or(trust::TreeHead{});
  }
  static trust::TreeHead expected(const std::vector<NewVersion>& versions) {
    trust::MerkleTree tree;
    for (const NewVersion& version : versions) {
      tree.append(trust::leaf_hash(trust::log_entry(version.bytes, version.salt)));
    }
    return tree.head();
  }
  RecordPointer record(const NewVersion& version) {
    const auto found = store_->versions(here, version.id);
    return found && !found->empty() ? found->front() : nullptr;
  }
};

TEST_P(LogContract, HoldsWhatWasStoredInItsOrder) {
  EXPECT_EQ(*store_->log_size("open"), 0U);
  EXPECT_EQ(*store_->log_tile("open", {0, 0}), "");
  const auto all = many(0, 700);
  put({all.begin(), all.begin() + 1});
  put({all.begin() + 1, all.begin() + 300});
  put(many(1'000, 3, "restricted"));
  reopen();
  put({all.begin() + 300, all.end()});
  EXPECT_EQ(*store_->log_size("open"), 700U);
  EXPECT_EQ(head().root, expected(all).root);
  EXPECT_EQ(head("restricted").root, expected(many(1'000, 3)).root);
  const auto place = store_->log_place(record(all[299])->sequence);
  ASSERT_TRUE(place && *place);
  EXPECT_EQ((*place)->log, "open");
  EXPECT_EQ((*place)->index, 299U);
  EXPECT_EQ((*place)->salt, all[299].salt);
}

TEST_P(LogContract, OnlyWhatIsStoredIsLogged) {
  put(many(0, 2));
  put(many(0, 2));  // present
  NewVersion other = logged(1);
  other.bytes += " ";
  NewVersion nowhere = logged(2);
  nowhere.log.clear();
  put({other, nowhere, logged(3)});
  EXPECT_EQ(*store_->log_size("open"), 3U);
  EXPECT_EQ(head().root, expected({logged(0), logged(1), logged(3)}).root);
  EXPECT_FALSE(*store_->log_place(record(nowhere)->sequence));
  const std::vector<NewVersion> more = {logged(9)};
  EXPECT_FALSE(store_->put({"api", "none"}, more, Time()));
  EXPECT_EQ(*store_->log_size("open"), 3U);
}

TEST_P(LogContract, TheSaltGoesWithTheObject) {
  put(many(0, 3));
  const trust::TreeHead before = head();
  const std::vector<RecordPointer> one = {record(logged(1))};
  ASSERT_EQ(*store_->remove(here, one), 1U);
  EXPECT_FALSE(*store_->log_place(one[0]->sequence));
  EXPECT_TRUE(*store_->log_place(record(logged(2))->sequence));
  EXPECT_EQ(head().root, before.root);
  EXPECT_FALSE(prove(*store_, *one[0]));
  // Sent again it is another entry.
  put({logged(1)});
  EXPECT_EQ(*store_->log_size("open"), 4U);
}

TEST_P(LogContract, NotesAreReplacedInOneStep) {
  EXPECT_EQ(*store_->note("a"), std::nullopt);
  EXPECT_FALSE(*store_->replace_note("a", "0", "1"));
  EXPECT_TRUE(*store_->replace_note("a", std::nullopt, "1"));
  EXPECT_FALSE(*store_->replace_note("a", std::nullopt, "2"));
  EXPECT_FALSE(*store_->replace_note("a", "0", "2"));
  EXPECT_TRUE(*store_->replace_note("a", "1", "2"));
  reopen();
  EXPECT_EQ(*store_->note("a"), "2");
}

TEST_P(LogContract, FromCheckpointToProof) {
  stix::ProofKeys keys;
  keys.logs.push_back(trust::verifier_key(origin, trust::ed25519_public_key(seed_of(1))));
  keys.witnesses.push_back(trust::cosigner_key("w.example", trust::ed25519_public_key(seed_of(2))));
  put(many(0, 300));
  const RecordPointer early = record(logged(17));
  EXPECT_EQ(prove(*store_, *early).error().code, ErrorCode::not_found);
  const auto first = make_checkpoint(*store_, "open", origin, seed_of(1));
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(*make_checkpoint(*store_, "open", origin, seed_of(1)), *first);

  // A witness, as another node runs it.
  trust::WitnessAnswer answer = trust::witness({0, {}, *first}, origin, keys.logs, {});
  ASSERT_EQ(answer.what, trust::WitnessAnswer::What::cosign);
  const std::string line = *trust::cosign(answer.text, "w.example", seed_of(2), 1'700'000'000);
  const std::string strange = *trust::cosign(answer.text, "w.example", seed_of(3), 1'700'000'000);
  EXPECT_FALSE(*add_cosignature(*store_, "open", strange, keys.witnesses));
  EXPECT_FALSE(*add_cosignature(*store_, "open", "no line", keys.witnesses));
  EXPECT_TRUE(*add_cosignature(*store_, "open", line, keys.witnesses));
  EXPECT_FALSE(*add_cosignature(*store_, "open", line, keys.witnesses));
  // A newer word of the same witness takes the place of the older one; an older one does not.
  const std::string newer = *trust::cosign(answer.text, "w.example", seed_of(2), 1'700'000'060);
  EXPECT_TRUE(*add_cosignature(*store_, "open", newer, keys.witnesses));
  EXPECT_FALSE(*add_cosignature(*store_, "open", line, keys.witnesses));
  EXPECT_EQ(trust::split_note(**last_checkpoint(*store_, "open"))->signatures.size(), 2U);

  const auto proof = prove(*store_, *early);
  ASSERT_TRUE(proof) << proof.error().text();
  const auto read = stix::parse_object_proof(stix::text_of(*proof));
  ASSERT_TRUE(read);
  EXPECT_TRUE(stix::check_object_proof(*read, keys).proven());

  put(many(300, 5));
  EXPECT_EQ(prove(*store_, *record(logged(302))).error().code, ErrorCode::not_found);
  EXPECT_TRUE(prove(*store_, *early));
  const auto second = make_checkpoint(*store_, "open", origin, seed_of(1));
  ASSERT_TRUE(second);
  LogTiles tiles(*store_, "open");
  trust::TileTree tree(tiles, 305);
  answer = trust::witness({300, *tree.consistency_proof(300), *second}, origin, keys.logs, answer.remember);
  EXPECT_EQ(answer.what, trust::WitnessAnswer::What::cosign);
  EXPECT_TRUE(prove(*store_, *record(logged(302))));
}

TEST_P(LogContract, ALogThatWasChangedIsNotSigned) {
  put(many(0, 5));
  ASSERT_TRUE(make_checkpoint(*store_, "open", origin, seed_of(1)));
  // As if the store had been put back to an older state, or rewritten, under a checkpoint that is newer.
  const auto note = store_->note("checkpoint/open");
  trust::MerkleTree tree;
  for (int at = 0; at < 9; ++at) {
    tree.append(trust::leaf_hash("x" + std::to_string(at)));
  }
  for (const std::uint64_t size : {3U, 5U, 9U}) {
    const trust::TreeHead head = tree.head(size);
    const trust::Checkpoint checkpoint{
        std::string(origin), head.size, {reinterpret_cast<const char*>(head.root.data()), head.root.size()}, ""};
    const std::string other = *trust::sign_note(trust::text_of(checkpoint), origin, seed_of(1));
    ASSERT_TRUE(*store_->replace_note("checkpoint/open", **store_->note("checkpoint/open"), other));
    const auto made = make_checkpoint(*store_, "open", origin, seed_of(1));
    ASSERT_FALSE(made) << size;
    EXPECT_EQ(made.error().code, ErrorCode::damaged);
  }
  ASSERT_TRUE(*store_->replace_note("checkpoint/open", **store_->note("checkpoint/open"), **note));
  EXPECT_TRUE(make_checkpoint(*store_, "open", origin, seed_of(1)));
}

TEST_P(LogContract, AllOfItIsHeldAgainstTheVersions) {
  const std::vector<std::string> names = {"open", "gone", "never"};
  auto checked = verify_logs(*store_, names);
  ASSERT_TRUE(checked) << checked.error().text();
  EXPECT_EQ(checked->logs, 0U);
  NewVersion nowhere = logged(5'000);
  nowhere.log.clear();
  put(many(0, 600));
  put({nowhere});
  put(many(1'000, 3, "restricted"));
  put(many(2'000, 1, "gone"));
  ASSERT_TRUE(make_checkpoint(*store_, "open", origin, seed_of(1)));
  put(many(600, 100));
  const std::vector<RecordPointer> removed = {record(logged(2'000)), record(logged(7))};
  ASSERT_EQ(*store_->remove(here, removed), 2U);
  std::vector<std::uint64_t> told;
  checked = verify_logs(*store_, names, [&](std::uint64_t versions) { told.push_back(versions); });
  ASSERT_TRUE(checked) << checked.error().text();
  EXPECT_EQ(checked->logs, 3U);
  EXPECT_EQ(checked->entries, 704U);
  EXPECT_EQ(checked->versions, 703U);
  EXPECT_EQ(checked->logged, 702U);
  ASSERT_FALSE(told.empty());
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_EQ(told.back(), 703U);
}

TEST_P(LogContract, ACheckpointThatTheLogDoesNotLeadToIsDamage) {
  const std::vector<std::string> names = {"open"};
  put(many(0, 5));
  trust::MerkleTree tree;
  for (int at = 0; at < 9; ++at) {
    tree.append(trust::leaf_hash("x" + std::to_string(at)));
  }
  std::optional<std::string> last;
  for (const std::uint64_t size : {3U, 5U, 9U}) {
    const trust::TreeHead head = tree.head(size);
    const trust::Checkpoint checkpoint{
        std::string(origin), head.size, {reinterpret_cast<const char*>(head.root.data()), head.root.size()}, ""};
    const std::string other = *trust::sign_note(trust::text_of(checkpoint), origin, seed_of(1));
    ASSERT_TRUE(*store_->replace_note("checkpoint/open", last, other));
    last = other;
    const auto checked = verify_logs(*store_, names);
    ASSERT_FALSE(checked) << size;
    EXPECT_EQ(checked.error().code, ErrorCode::damaged);
    // Found also where nobody named the log: its versions do.
    EXPECT_FALSE(verify_logs(*store_, {}));
  }
}

// What a store holds, but for one version whose place or salt is another's.
class Misplaced final : public Store {
 public:
  explicit Misplaced(Store& real) : real_(real) {}
  std::function<void(LogPlace&)> change;

  Result<std::optional<LogPlace>> log_place(Sequence sequence) const override {
    auto place = real_.log_place(sequence);
    if (place && *place && change) {
      change(**place);
    }
    return place;
  }
  Result<Discovery> discovery() const override { return real_.discovery(); }
  Result<void> set_discovery(const Discovery& given) override { return real_.set_discovery(given); }
  Result<std::vector<ApiRoot>> roots() const override { return real_.roots(); }
  Result<void> put_root(const ApiRoot& root) override { return real_.put_root(root); }
  Result<std::vector<Collection>> collections(std::string_view root) const override { return real_.collections(root); }
  Result<void> put_collection(const Collection& given) override { return real_.put_collection(given); }
  Result<bool> close_collection(CollectionName name) override { return real_.close_collection(name); }
  Result<std::size_t> remove_closed(std::size_t most) override { return real_.remove_closed(most); }
  Result<std::vector<User>> users() const override { return real_.users(); }
  Result<std::optional<User>> user(std::string_view name) const override { return real_.user(name); }
  Result<void> put_user(const User& user) override { return real_.put_user(user); }
  Result<bool> remove_user(std::string_view name) override { return real_.remove_user(name); }
  Result<std::vector<Put>> put(CollectionName name, std::span<const NewVersion> versions, Time now) override {
    return real_.put(name, versions, now);
  }
  Result<std::vector<ReleaseClass>> classes(CollectionName name) const override { return real_.classes(name); }
  Result<std::vector<std::uint32_t>> classes_using(CollectionName name, std::string_view id) const override {
    return real_.classes_using(name, id);
  }
  Result<void> scan(CollectionName name, Sequence after, const Selection& selection,
                    const std::function<bool(const RecordPointer&)>& visit) const override {
    return real_.scan(name, after, selection, visit);
  }
  Result<std::vector<RecordPointer>> versions(CollectionName name, std::string_view id) const override {
    return real_.versions(name, id);
  }
  Result<void> versions(CollectionName name, std::span<const std::string_view> ids,
                        const std::function<void(std::size_t, const RecordPointer&)>& visit) const override {
    return real_.versions(name, ids, visit);
  }
  Result<std::vector<bool>> repeated(CollectionName name, std::span<const std::string_view> ids) const override {
    return real_.repeated(name, ids);
  }
  Result<std::vector<RecordPointer>> find(CollectionName name, const Search& search,
                                          const Selection& selection) const override {
    return real_.find(name, search, selection);
  }
  Result<Conflicts> conflicts(CollectionName name, std::string_view id) const override {
    return real_.conflicts(name, id);
  }
  Result<Usage> usage(std::string_view writer) const override { return real_.usage(writer); }
  Result<Sequence> last_at(CollectionName name, Time time) const override { return real_.last_at(name, time); }
  Result<std::size_t> remove(CollectionName name, std::span<const RecordPointer> records) override {
    return real_.remove(name, records);
  }
  Result<std::uint64_t> log_size(std::string_view log) const override { return real_.log_size(log); }
  Result<std::string> log_tile(std::string_view log, trust::TileName name) const override {
    return real_.log_tile(log, name);
  }
  Result<std::optional<std::string>> note(std::string_view name) const override { return real_.note(name); }
  Result<bool> replace_note(std::string_view name, const std::optional<std::string>& expected,
                            std::string_view note) override {
    return real_.replace_note(name, expected, note);
  }
  Result<void> put_status(const Status& status) override { return real_.put_status(status); }
  Result<std::optional<Status>> status(std::string_view root, std::string_view id) const override {
    return real_.status(root, id);
  }
  Result<void> expire_statuses(Time before) override { return real_.expire_statuses(before); }

 private:
  Store& real_;
};

TEST_P(LogContract, APlaceOrASaltThatIsNotItsOwnIsDamage) {
  put(many(0, 300));
  Misplaced wrong(*store_);
  ASSERT_TRUE(verify_logs(wrong, {}));
  const std::vector<std::function<void(LogPlace&)>> changes = {
      [](LogPlace& place) { place.salt[0] ^= place.index == 299 ? 1 : 0; },
      [](LogPlace& place) { place.index = place.index == 257 ? 258 : place.index; },
      [](LogPlace& place) { place.index = place.index == 257 ? 300 : place.index; },
      [](LogPlace& place) { place.log = place.index == 3 ? "other" : place.log; },
  };
  for (const auto& change : changes) {
    wrong.change = change;
    const auto checked = verify_logs(wrong, {});
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, ErrorCode::damaged) << checked.error().text();
  }
}

INSTANTIATE_TEST_SUITE_P(Stores, LogContract, ::testing::Values("memory", "sqlite"),
                         [](const auto& of) { return std::string(of.param); });

}  // namespace
}  // namespace tocsin::store
