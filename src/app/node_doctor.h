// Doctor: what is wrong, or soon will be, with a node's folder, and what to do about each.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "net/server.h"

namespace tocsin::app {

struct Finding {
  enum class State : std::uint8_t {
    good,   // looked at, nothing to do
    look,   // works, and wants a look
    wrong,  // does not work, or is not safe
  };
  State state = State::good;
  std::string what;  // a sentence
  std::string todo;  // what to do; empty where it is good
};

// Looks and changes nothing; the node may run. `tls`: the files that `serve` is given; without a certificate they are
// not looked at. Every check that can be made is made, whatever came before.
std::vector<Finding> examine_node(const std::string& folder, const net::TlsOptions& tls, const Clock& clock);

}  // namespace tocsin::app
