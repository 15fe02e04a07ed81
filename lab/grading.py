"""Grading as pytest sees it: a scenario is a file, a check an item, a run a process of its own.

Each run is made once a seed and shared by the items of its checks; under xdist, whose marks for
groups need not fit every pytest, they stay together on one worker by a scheduler of ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.catalog import ROOTS_VARIABLE, SCENARIO_FILE, Catalog, Entry
from lab.errors import BrokenScenarioError, UndecidedError
from lab.grade import GradedCheck, explain, gradescope
from lab.judge import DEFAULT_LIMIT_S, judge
from lab.places import write_whole
from lab.pytest_plugin import is_scenario
from lab.report import DEFAULT_SEED, CheckReport, RunReport
from lab.scenario import Scenario

UNDECIDED = "could not tell"
_NOT_RUN = f"{UNDECIDED}: the check was not run"

_PLACE = "place"
# Where a check stands: scenario, step, check, seed. Steps and checks count from 0.
Place = tuple[str, int, int, int]


class CheckFailed(Exception):
    """A check did not hold; the text is all there is to say."""


class Grading:
    """The hooks of a pytest run that is about scenarios."""

    def __init__(self, config: pytest.Config) -> None:
        options = config.option
        self._catalog = Catalog()
        self._folders = [entry.folder.resolve() for entry in self._catalog.entries()]
        self._results: Path | None = options.results
        self._told: dict[Place, str | None] = {}
        self._problem: str | None = None
        first = DEFAULT_SEED if options.seed is None else options.seed
        self.seeds = range(first, first + options.seeds)
        self.runs = Runs(
            options.solution,
            DEFAULT_LIMIT_S if options.time_limit is None else options.time_limit,
        )
        self._refuse_bad_options(options.solution, config.inipath)

    def _refuse_bad_options(self, solution: Path | None, settings: Path | None) -> None:
        if not self.seeds:
            raise pytest.UsageError("--seeds counts the seeds to grade on: give 1 or more")
        if solution is not None and not solution.is_dir():
            what = "is a file, not a folder" if solution.exists() else "does not exist"
            raise pytest.UsageError(f"--solution {solution} {what}; name the folder to grade")
        # pytest looks for settings before it knows our options, and then a DIR is one more path.
        if solution is not None and settings and settings.is_relative_to(solution.resolve()):
            raise pytest.UsageError(
                f"pytest took its settings from the solution's own {settings}; "
                f"write --solution={solution} with '=', or name other settings with -c"
            )
        if self._results is not None and not self._results.absolute().parent.is_dir():
            raise pytest.UsageError(
                f"--results {self._results}: there is no folder {self._results.absolute().parent}"
            )

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Under xdist's `--dist load`, deal out whole runs: no two workers make the same one."""
        if config.option.dist != "load":
            return None
        from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

        class ByRun(LoadScopeScheduling):  # type: ignore[misc]
            def _split_scope(self, nodeid: str) -> str:
                file, _, name = nodeid.partition("::")
                if Path(file).name != SCENARIO_FILE:
                    return nodeid
                return f"{file}[{name.rpartition('[')[2]}" if name.endswith("]") else file

        return ByRun(config, log)

    def pytest_report_header(self) -> str:
        """Say what is graded, and on which seeds."""
        seeds = ", ".join(map(str, self.seeds))
        return f"paddock: grading {self.runs.solution or 'the reference'} on seed {seeds}"

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Leave alone all that lies in a scenario or in the solution: none of it runs in here."""
        path = collection_path.resolve()
        if self.runs.solution is not None and path.is_relative_to(self.runs.solution):
            return True
        for folder in self._folders:
            if path != folder and path.is_relative_to(folder):
                return path != folder / SCENARIO_FILE
        return None

    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> pytest.Collector | None:
        """A scenario's file, if this is one."""
        if not is_scenario(file_path):
            return None
        return ScenarioFile.of(parent, file_path, self._catalog.at(file_path), self)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a check ended: under xdist, too, all of them come by here."""
        place = dict(report.user_properties).get(_PLACE)
        if isinstance(place, str) and (report.when == "call" or report.failed):
            scenario, step, check, seed = place.split()
            self._told[scenario, int(step), int(check), int(seed)] = (
                None if report.passed else report.longreprtext or _NOT_RUN
            )

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write Gradescope's file: all of it or nothing."""
        if self._results is None or hasattr(session.config, "workerinput"):
            return
        graded = [check for name in self._scenarios() for check in self._graded(name)]
        texts = [text for text in self._told.values() if text]
        undecided = next((text for text in texts if text.startswith(UNDECIDED)), None)
        if not graded:
            undecided = f"{UNDECIDED}: no check was run"
        text = json.dumps(gradescope(graded, undecided), indent=1, ensure_ascii=False)
        try:
            write_whole(self._results, text + "\n")
        except OSError as error:
            self._problem = f"cannot write the results {self._results}: {error.strerror or error}"
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what was earned."""
        for name in self._scenarios():
            checks = self._graded(name)
            earned, points = (
                sum(check.earned for check in checks),
                sum(check.points for check in checks),
            )
            terminalreporter.write_line(f"{name}: {earned}/{points} points")
        if self._problem:
            terminalreporter.write_line(self._problem, red=True)

    def _scenarios(self) -> list[str]:
        return sorted({place[0] for place in self._told})

    def _graded(self, name: str) -> list[GradedCheck]:
        """The checks of a scenario over all seeds; one that was not run is not passed."""
        graded = []
        for index, step in enumerate(self._catalog.load(name).steps):
            for number, check in enumerate(step.checks):
                told = {
                    seed: self._told.get((name, index, number, seed), _NOT_RUN)
                    for seed in self.seeds
                }
                failures = tuple((seed, text) for seed, text in told.items() if text is not None)
                earned = 0 if failures else check.points
                graded.append(
                    GradedCheck(name, step.title, check.name, check.points, earned, failures)
                )
        return graded


class Runs:
    """The runs of one solution, each made when first asked for."""

    def __init__(self, solution: Path | None, limit_s: float) -> None:
        self.solution = None if solution is None else solution.resolve()
        self._limit_s = limit_s
        self._reports: dict[tuple[str, int], RunReport] = {}

    def report(self, scenario: Scenario, seed: int) -> RunReport:
        """The report of one run; where it gave none, one in which every check says why."""
        key = (scenario.name, seed)
        if key not in self._reports:
            try:
                report = judge(scenario.name, self.solution, seed, limit_s=self._limit_s)
            except UndecidedError as error:
                report = RunReport.unjudged(
                    scenario, seed, str(self.solution), f"{UNDECIDED}: {error}"
                )
            self._reports[key] = report
        return self._reports[key]


class ScenarioFile(pytest.File):
    """A scenario.py: an item a check and seed."""

    entry: Entry | None
    grading: Grading

    @classmethod
    def of(
        cls, parent: pytest.Collector, path: Path, entry: Entry | None, grading: Grading
    ) -> ScenarioFile:
        """The collector of a scenario."""
        file: ScenarioFile = cls.from_parent(parent, path=path)
        file.entry, file.grading = entry, grading
        return file

    def collect(self) -> Iterator[pytest.Item]:
        """The checks in order, seed by seed."""
        if self.entry is None:
            raise self.CollectError(
                f"{self.path} is in no folder of scenarios; "
                f"name the folder above its family in {ROOTS_VARIABLE}"
            )
        try:
            scenario = self.entry.load()
        except BrokenScenarioError as error:
            raise self.CollectError(str(error)) from None
        for seed in self.grading.seeds:
            for index, step in enumerate(scenario.steps):
                for number, check in enumerate(step.checks):
                    suffix = f"[seed {seed}]" if len(self.grading.seeds) > 1 else ""
                    item: CheckItem = CheckItem.from_parent(
                        self, name=f"{step.name}: {check.name}{suffix}"
                    )
                    item.place = (scenario.name, index, number, seed)
                    item.scenario, item.runs = scenario, self.grading.runs
                    item.user_properties += [
                        (_PLACE, " ".join(map(str, item.place))),
                        ("points", check.points),
                    ]
                    yield item


class CheckItem(pytest.Item):
    """One check on one seed."""

    place: Place
    scenario: Scenario
    runs: Runs

    def runtest(self) -> None:
        """Fail where the check did."""
        _, index, number, seed = self.place
        report = self.runs.report(self.scenario, seed)
        check = report.steps[index].checks[number]
        self.user_properties.append(("earned", check.earned))
        if not check.passed:
            raise CheckFailed(_text(check))

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """What the learner needs, and no traceback."""
        if isinstance(excinfo.value, CheckFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the check is from."""
        return self.path, None, self.name


def _text(check: CheckReport) -> str:
    return check.actual if check.actual.startswith(UNDECIDED) else explain(check)
