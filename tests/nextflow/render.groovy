// Prints, as JSON, what Nextflow would run for each test of the modules that are named: files and command.
// Groovy is what Nextflow's language is made of; its own parts that the modules use are defined here.
//   groovy render.groovy TEST-DATA/ MODULE-FOLDER...
import groovy.json.JsonOutput

def base = args[0]

def between(text, start, end) {
    def from = text.indexOf(start)
    assert from >= 0 : start
    def to = end ? text.indexOf(end, from + start.size()) : text.lastIndexOf('}')
    assert to > from : end
    text.substring(from + start.size(), to)
}

class Staged {
    String path
    String toString() { new File(path).name }
    boolean asBoolean() { true }
}

def found = []
args.drop(1).each { folder ->
    def module = new File("$folder/main.nf").text
    // Debian's Groovy is older than Nextflow's, and takes an expression in a string on one line only.
    // Nextflow takes script and stub apart, so that both may define a name.
    new GroovyShell().parse(module.replaceAll(/(?s) +stub:\n.*/, '}').replaceAll(/\n +([?:]) /, ' $1 '))
    def tests = new File("$folder/tests/main.nf.test").text
    new GroovyShell().parse(tests)
    def channels = (between(module, '    input:\n', '    output:\n') =~ /(?m)^ +(?:tuple )?(.+)$/).collect { line ->
        (line[1] =~ /(?:val|path)\((\w+)\)/).collect { it[1] }
    }
    (tests =~ /(?s)test\("([^"]+)"\) \{(.*?)\n    \}\n/).each { whole, name, body ->
        def input = [:]
        def staged = []
        def file = { Map options, path -> def one = new Staged(path: path); staged << one; one }
        new GroovyShell(new Binding(input: input, file: file, params: [modules_testdata_base_path: base]))
            .evaluate(between(body, '"""', '"""'))
        def values = [task: [ext: [:], cpus: 1, process: folder]]
        channels.eachWithIndex { names, i -> names.eachWithIndex { one, k -> values[one] = input[i][k] } }
        def stub = name.endsWith(' - stub')
        assert stub == body.contains("options '-stub'")
        def code = stub ? between(module, '    stub:\n', null) : between(module, '    script:\n', '    stub:\n')
        def command = new GroovyShell(new Binding(values)).evaluate(code).toString()
        found << [folder: folder, test: name, stub: stub, staged: staged.collect { it.path }, command: command]
    }
}
println JsonOutput.toJson(found)
