"""The small workspace that every peer opens: the same files everywhere."""

FILL = """
mkdir -p project/src project/tests project/docs
for n in $(seq 40); do
    { echo "# module $n"; seq -f 'value_%g = "a line of somebody'"'"'s program"' 60; } > project/src/module_$n.py
    echo "from project.src import module_$n" > project/tests/test_module_$n.py
done
seq -f 'Paragraph %g tells what the project is for.' 200 > project/docs/guide.md
echo '# A small project' > README.md
"""
"""A shell script that makes them below the folder it runs in: 83 files, 0.1 MB."""

LANDMARK = "README.md"
"""A file of them that any list of files shows first."""
