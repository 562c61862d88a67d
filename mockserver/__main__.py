"""`python -m watchword.mockserver DIALECT`: the same as `watchword mock DIALECT`."""

from watchword.mockserver.command import mock

if __name__ == "__main__":
    mock(prog_name="python -m watchword.mockserver")
