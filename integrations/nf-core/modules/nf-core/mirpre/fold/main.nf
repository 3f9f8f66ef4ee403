process MIRPRE_FOLD {
    tag "${meta.id}"
    label 'process_medium'

    conda "${moduleDir}/environment.yml"
    container "${workflow.containerEngine in ['singularity', 'apptainer'] && !task.ext.singularity_pull_docker_container
        ? 'https://depot.galaxyproject.org/singularity/mirpre:0.1.0--BUILD'
        : 'quay.io/biocontainers/mirpre:0.1.0--BUILD'}"

    input:
    tuple val(meta), path(fasta)

    output:
    tuple val(meta), path("*.dbn"), emit: dbn
    tuple val("${task.process}"), val('mirpre'), eval("mirpre --version | sed 's/mirpre //'"), emit: versions_mirpre, topic: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    def prefix = task.ext.prefix ?: "${meta.id}"
    """
    mirpre fold \\
        ${args} \\
        --threads ${task.cpus} \\
        --output ${prefix}.dbn \\
        ${fasta}
    """

    stub:
    def prefix = task.ext.prefix ?: "${meta.id}"
    """
    touch ${prefix}.dbn
    """
}
