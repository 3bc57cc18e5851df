// RoutingKit's contraction hierarchy on the graph of the benchmark: one thread, all nodes pinned as targets.
//
// routingkit_worker GRAPH: reads uint32 little-endian numbers (nodes, arcs, tail[arcs], head[arcs], weight[arcs]),
// builds the hierarchy, pins every node, says "ready BUILD_SECONDS PIN_SECONDS", then obeys lines of standard input:
//   times N s1 .. sN        answers "done SECONDS": the distances from each source to every node, in the order of nodes
//   table N s1 .. sN        the same into a new table of N rows, in huge pages as far as the system gives them
//   write FILE N s1 .. sN   writes them to FILE as uint32[N * nodes]
#include <routingkit/contraction_hierarchy.h>
#include <sys/mman.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

using Clock = std::chrono::steady_clock;

static double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

static std::vector<unsigned> numbers(std::istream& in, size_t count) {
  std::vector<unsigned> read(count);
  in.read(reinterpret_cast<char*>(read.data()), std::streamsize(count * sizeof(unsigned)));
  return read;
}

int main(int, char** arguments) {
  std::ifstream file(arguments[1], std::ios::binary);
  const auto size = numbers(file, 2);
  const unsigned nodes = size[0];
  auto tail = numbers(file, size[1]), head = numbers(file, size[1]), weight = numbers(file, size[1]);
  if (!file) return 1;

  auto start = Clock::now();
  const auto hierarchy = RoutingKit::ContractionHierarchy::build(nodes, tail, head, weight);
  const double build = since(start);
  start = Clock::now();
  std::vector<unsigned> everywhere(nodes);
  std::iota(everywhere.begin(), everywhere.end(), 0u);
  RoutingKit::ContractionHierarchyQuery query(hierarchy);
  query.reset().pin_targets(everywhere);
  std::cout << "ready " << build << " " << since(start) << std::endl;

  std::vector<unsigned> distances(nodes);
  std::string command, path;
  while (std::cin >> command) {
    std::ofstream out;
    if (command == "write") {
      std::cin >> path;
      out.open(path, std::ios::binary);
    }
    size_t count;
    std::cin >> count;
    std::vector<unsigned> sources(count);
    for (auto& source : sources) std::cin >> source;
    start = Clock::now();
    unsigned* row = distances.data();
    const size_t bytes = count * nodes * sizeof(unsigned);
    void* table = nullptr;
    if (command == "table") {
      table = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (table == MAP_FAILED) return 1;
#ifdef MADV_HUGEPAGE
      madvise(table, bytes, MADV_HUGEPAGE);
#endif
      row = static_cast<unsigned*>(table);
    }
    for (const unsigned source : sources) {
      query.reset_source().add_source(source).run_to_pinned_targets().get_distances_to_targets(row);
      if (out.is_open()) out.write(reinterpret_cast<const char*>(row), std::streamsize(nodes) * 4);
      if (table) row += nodes;
    }
    out.close();
    if (table) munmap(table, bytes);
    std::cout << "done " << since(start) << std::endl;
  }
}
