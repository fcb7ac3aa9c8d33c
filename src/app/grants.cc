#include "app/grants.h"

#include <algorithm>

#include <fmt/format.h>

#include "taxii/log_routes.h"

namespace tocsin::app {
namespace {

Result<store::Grant> parse_grant(std::string_view text, const store::Store& store) {
  if (text == "*") {
    return store::Grant{"*", "*", false, false};
  }
  if (text == fmt::format("{}/{}", taxii::log_grant_root, taxii::log_grant_restricted)) {
    return store::Grant{std::string(taxii::log_grant_root), std::string(taxii::log_grant_restricted), false, false};
  }
  TRY(const std::vector<store::ApiRoot> roots, store.roots());
  const std::size_t slash = text.find('/');
  store::Grant out;
  out.root = text.substr(0, slash);
  out.collection = slash == std::string_view::npos ? "*" : std::string(text.substr(slash + 1));
  const auto wrong = [&](std::string_view what) {
    return failure(ErrorCode::usage, fmt::format("'{}' names no {} of this node", text, what), {},
                   "'*', ROOT/* or ROOT/COLLECTION; tocsin collection list shows them");
  };
  if (std::ranges::find(roots, out.root, &store::ApiRoot::name) == roots.end()) {
    return wrong("API root");
  }
  if (out.collection == "*") {
    return out;
  }
  TRY(const std::vector<store::Collection> collections, store.collections(out.root));
  const auto found = std::ranges::find_if(collections, [&](const store::Collection& one) {
    return one.id == out.collection || (!one.alias.empty() && one.alias == out.collection);
  });
  if (found == collections.end()) {
    return wrong("collection");
  }
  out.collection = found->id;
  return out;
}

}  // namespace

Result<std::vector<store::Grant>> grants_of(const Arguments& arguments, const store::Store& store) {
  std::vector<store::Grant> out;
  for (const auto& [option, write] : {std::pair{"--read", false}, std::pair{"--write", true}}) {
    for (const std::string& text : arguments.values(option)) {
      TRY(store::Grant grant, parse_grant(text, store));
      (write ? grant.write : grant.read) = true;
      out.push_back(std::move(grant));
    }
  }
  return out;
}

std::string grant_text(const store::Grant& grant) {
  return fmt::format("{}{} {}/{}", grant.read ? "r" : "-", grant.write ? "w" : "-", grant.root, grant.collection);
}

}  // namespace tocsin::app
